//! `abide.toml`: what the user declares of functions, each with a reason.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use wildmatch::WildMatch;

use super::Contract;
use crate::inputs::{Image, Place, Resolved, shown_name};
use crate::registers::{Register, RegisterSet};

/// The configuration of a project; the default declares nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Names or globs of functions that are roots beside those that the link tells.
    #[serde(default)]
    pub roots: Vec<String>,
    /// What is declared of functions; the last that fits a name wins, field by field.
    #[serde(default, rename = "contract")]
    pub contracts: Vec<Declared>,
    /// How many entries jump tables have.
    #[serde(default, rename = "table")]
    pub tables: Vec<Table>,
    /// The levels of rules.
    #[serde(default)]
    pub levels: BTreeMap<String, String>,
}

/// What is declared of the functions whose names fit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Names or globs (`*` and `?`).
    pub symbols: Vec<String>,
    /// Why: printed with every verdict that leans on it.
    pub reason: String,
    /// Exactly the registers that hold something at the entry, SP apart.
    pub arguments: Option<Vec<String>>,
    /// Registers that hold something at the return.
    pub results: Option<Vec<String>>,
    /// Exactly the registers that are preserved.
    pub preserves: Option<Vec<String>>,
    /// Registers that are preserved beside the convention's.
    #[serde(default)]
    pub also_preserves: Vec<String>,
    /// Registers that are not preserved though the convention says so.
    #[serde(default)]
    pub clobbers: Vec<String>,
    /// Bytes of stack arguments.
    pub stack_arguments: Option<u32>,
    /// Registers that hold a multiple of a power of two at the entry, and which.
    #[serde(default)]
    pub multiples: BTreeMap<String, u32>,
    /// It never returns.
    #[serde(default)]
    pub never_returns: bool,
    /// It leaves its caller's stack on purpose.
    #[serde(default)]
    pub switches_stack: bool,
    /// It is data, or code that is not called: no root.
    #[serde(default)]
    pub not_a_function: bool,
}

/// The bound of a jump table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The instruction that jumps: `symbol` or `symbol+0x12`.
    pub jump: String,
    /// How many entries the table has.
    pub entries: u32,
    /// Why.
    pub reason: String,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error("failed to read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It is no TOML, or has a field that there is not.
    #[error("failed to understand `{}`: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and what.
        message: String,
    },
    /// A name is no register.
    #[error("`{register}` in `{}` is no register: write its widest name, as `rbx` or `xmm6`", path.display())]
    Register {
        /// The file.
        path: PathBuf,
        /// The name.
        register: String,
    },
    /// A declaration has no reason.
    #[error("a declaration in `{}` has an empty `reason`: say why, it is printed with the verdict", path.display())]
    NoReason {
        /// The file.
        path: PathBuf,
    },
}

impl Configuration {
    /// Reads `abide.toml`.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is no TOML of this form, names a register
    /// that there is not, or declares something without a reason.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        let configuration: Self = toml::from_str(&text).map_err(|error| Error::Syntax {
            path: path.to_owned(),
            message: error.to_string(),
        })?;
        configuration.check(path)?;
        Ok(configuration)
    }

    fn check(&self, path: &Path) -> Result<(), Error> {
        let contracts = self.contracts.iter().map(|declared| &declared.reason);
        let tables = self.tables.iter().map(|table| &table.reason);
        if contracts
            .chain(tables)
            .any(|reason| reason.trim().is_empty())
        {
            return Err(Error::NoReason {
                path: path.to_owned(),
            });
        }
        let names = self.contracts.iter().flat_map(Declared::registers);
        match names
            .into_iter()
            .find(|name| Register::named(name).is_none())
        {
            Some(register) => Err(Error::Register {
                path: path.to_owned(),
                register: register.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Whether a name is declared to be a root.
    #[must_use]
    pub fn is_root(&self, name: &str) -> bool {
        self.roots.iter().any(|glob| fits(glob, name))
    }

    /// Whether a name is declared to be no function.
    #[must_use]
    pub fn is_no_function(&self, name: &str) -> bool {
        self.declared(name).any(|declared| declared.not_a_function)
    }

    /// The contract of a function, from what it is by convention.
    #[must_use]
    pub fn contract(&self, name: &str, mut contract: Contract) -> Contract {
        for declared in self.declared(name) {
            declared.apply(&mut contract);
        }
        contract
    }

    /// The instructions that jump through tables of a declared size, and that size.
    #[must_use]
    pub fn table_bounds(&self, image: &Image) -> HashMap<Place, u32> {
        let tables = self.tables.iter();
        tables
            .filter_map(|table| Some((place_of(image, &table.jump)?, table.entries)))
            .collect()
    }

    fn declared(&self, name: &str) -> impl Iterator<Item = &Declared> {
        self.contracts
            .iter()
            .filter(move |declared| declared.symbols.iter().any(|glob| fits(glob, name)))
    }
}

impl Declared {
    fn registers(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.arguments, &self.results, &self.preserves];
        let lists = lists.into_iter().flatten();
        lists
            .chain([&self.also_preserves, &self.clobbers])
            .flatten()
            .chain(self.multiples.keys())
            .map(String::as_str)
    }

    fn apply(&self, contract: &mut Contract) {
        if let Some(arguments) = &self.arguments {
            contract.arguments = set(arguments);
            contract.arguments.insert(Register::RSP);
        }
        if let Some(results) = &self.results {
            contract.results = set(results);
        }
        if let Some(preserves) = &self.preserves {
            contract.preserved = set(preserves);
        }
        contract.preserved = contract
            .preserved
            .union(set(&self.also_preserves))
            .difference(set(&self.clobbers));
        contract.stack_arguments = self.stack_arguments.or(contract.stack_arguments);
        let multiples = self.multiples.iter();
        contract
            .multiples
            .extend(multiples.filter_map(|(name, of)| {
                Some((Register::named(name)?, of.trailing_zeros().min(63) as u8))
            }));
        contract.never_returns |= self.never_returns;
        contract.switches_stack |= self.switches_stack;
        contract.reasons.push(self.reason.clone());
    }
}

/// The place that `symbol` or `symbol+0x12` names; of local symbols, the first.
fn place_of(image: &Image, text: &str) -> Option<Place> {
    let (name, distance) = match text.rsplit_once("+0x") {
        Some((name, distance)) => (name, i64::from_str_radix(distance, 16).ok()?),
        None => (text, 0),
    };
    let is_it = |symbol: &str| symbol == name || shown_name(symbol) == name;
    let (id, _) = image.symbols().find(|(_, symbol)| is_it(&symbol.name))?;
    match image.resolve(id)? {
        Resolved::Place(place) => Some(Place {
            offset: place.offset.checked_add(distance)?,
            ..place
        }),
        _ => None,
    }
}

fn fits(glob: &str, name: &str) -> bool {
    WildMatch::new(glob).matches(name)
}

fn set(names: &[String]) -> RegisterSet {
    names
        .iter()
        .filter_map(|name| Register::named(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conventions::SYSTEM_V_X86_64;

    #[test]
    fn a_declared_contract_narrows_the_convention() {
        let configuration: Configuration = toml::from_str(
            r#"
            [[contract]]
            symbols = ["switch_*"]
            reason = "the caller saves rbx around it"
            clobbers = ["rbx"]
            also_preserves = ["r11"]
            "#,
        )
        .expect("the text is well formed");
        let contract = configuration.contract("switch_to", Contract::of(&SYSTEM_V_X86_64));
        assert!(contract.clobbers(Register::RBX));
        assert!(!contract.clobbers(Register::R11));
        let other = configuration.contract("other", Contract::of(&SYSTEM_V_X86_64));
        assert!(other.reasons.is_empty());
    }
}
