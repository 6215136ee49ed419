//! `abide.toml`: what the user declares of functions, each with a reason.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use wildmatch::WildMatch;

use super::modes::{self, CodeMode, SegmentMode};
use super::stated::{self, Instruction, Stated, Table};
use super::{Contract, Gate, Interrupt};
use crate::conventions::Convention;
use crate::inputs::{Image, Modes, Place, SourceLine};
use crate::registers::{Register, RegisterSet};

/// The configuration of a project; the default declares nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// The C convention of the code, where it is not that of its objects' format.
    pub convention: Option<String>,
    /// Which bits of narrow arguments functions may rely on.
    #[serde(default)]
    pub profile: Profile,
    /// Names or globs of functions that are roots beside those that the link tells.
    #[serde(default)]
    pub roots: Vec<String>,
    /// What is declared of functions; the last that fits a name wins, field by field.
    #[serde(default, rename = "contract")]
    pub contracts: Vec<Declared>,
    /// How many entries jump tables have.
    #[serde(default, rename = "table")]
    pub tables: Vec<Table>,
    /// What instructions do that their bytes do not say.
    #[serde(default, rename = "instruction")]
    pub instructions: Vec<Instruction>,
    /// In which mode the processor runs code that is not for 64-bit mode.
    #[serde(default, rename = "code")]
    pub modes: Vec<CodeMode>,
    /// The modes of segments.
    #[serde(default, rename = "segment")]
    pub segments: Vec<SegmentMode>,
    /// Findings that are in order.
    #[serde(default, rename = "allow")]
    pub allowed: Vec<Allowed>,
    /// The levels of rules.
    #[serde(default)]
    pub levels: BTreeMap<String, String>,
}

/// Which bits of a narrow argument a function may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Those that compilers define: up to 32, whatever is narrower.
    #[default]
    DeFacto,
    /// Those that the ABI's text defines: the argument's own.
    Strict,
}

/// A rule that is not to be told of the symbols whose names fit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// The rule, and where its name stands.
    pub rule: toml::Spanned<String>,
    /// Names or globs (`*` and `?`).
    #[serde(default)]
    pub symbols: Vec<String>,
    /// Globs over types of functions: as reports print them, or names that source gives them.
    #[serde(default)]
    pub types: Vec<String>,
    /// Why: printed in every report.
    pub reason: String,
    /// Where it stands.
    #[serde(skip)]
    pub line: Option<SourceLine>,
}

/// What is declared of the functions whose names fit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// Names or globs (`*` and `?`).
    #[serde(default)]
    pub symbols: Vec<String>,
    /// Globs over types of functions: as reports print them, or names that source gives them.
    #[serde(default)]
    pub types: Vec<String>,
    /// Why: printed with every verdict that leans on it.
    pub reason: String,
    /// The convention that they are called by.
    pub convention: Option<String>,
    /// Exactly the registers that hold something at the entry, SP apart.
    pub arguments: Option<Vec<String>>,
    /// Registers that hold something at the return.
    pub results: Option<Vec<String>>,
    /// Exactly the registers that are preserved, beside segments and those that control floating point.
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
    /// How many times the usual work its analysis may take.
    pub work: Option<u32>,
    /// It is held to its contract by itself, and called by it.
    #[serde(default)]
    pub root: bool,
    /// Its unwind table is right where that cannot be told.
    #[serde(default)]
    pub unwinds: bool,
    /// It never returns.
    #[serde(default)]
    pub never_returns: bool,
    /// It leaves its caller's stack on purpose.
    #[serde(default)]
    pub switches_stack: bool,
    /// The hardware enters it, through these gates.
    pub interrupt: Option<Gate>,
    /// It is data, or code that is not called: no root.
    #[serde(default)]
    pub not_a_function: bool,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be read.
    #[error("failed to read `{}`", path.display())]
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
    /// A name is no convention.
    #[error("`{convention}` in `{}` is no convention: write one of {}", path.display(), convention_names())]
    Convention {
        /// The file.
        path: PathBuf,
        /// The name.
        convention: String,
    },
    /// What is declared cannot be.
    #[error("`{}` contradicts itself: {what}", path.display())]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// In what.
        what: String,
    },
    /// A declaration has no reason.
    #[error("a declaration in `{}` has an empty `reason`: say why, it is printed with the verdict", path.display())]
    NoReason {
        /// The file.
        path: PathBuf,
    },
}

/// The names of conventions, as a sentence lists them.
fn convention_names() -> String {
    let names: Vec<_> = Convention::names()
        .map(|name| format!("`{name}`"))
        .collect();
    names.join(", ")
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
        let mut configuration: Self = toml::from_str(&text).map_err(|error| Error::Syntax {
            path: path.to_owned(),
            message: error.to_string(),
        })?;
        configuration.check(path)?;
        for allowed in &mut configuration.allowed {
            let before = text.get(..allowed.rule.span().start).unwrap_or_default();
            allowed.line = Some(SourceLine {
                file: Arc::from(path.to_string_lossy()),
                line: u32::try_from(before.matches('\n').count() + 1).unwrap_or(0),
            });
        }
        Ok(configuration)
    }

    fn check(&self, path: &Path) -> Result<(), Error> {
        let path = || path.to_owned();
        let contracts = self.contracts.iter().map(|declared| &declared.reason);
        let tables = self.tables.iter().map(|table| &table.reason);
        let instructions = self.instructions.iter().map(|stated| &stated.reason);
        let modes = self.modes.iter().map(|mode| &mode.reason);
        let segments = self.segments.iter().map(|segment| &segment.reason);
        let allowed = self.allowed.iter().map(|allowed| &allowed.reason);
        let mut reasons = contracts
            .chain(allowed)
            .chain(tables)
            .chain(instructions)
            .chain(modes)
            .chain(segments);
        if reasons.any(|reason| reason.trim().is_empty()) {
            return Err(Error::NoReason { path: path() });
        }
        let of_contracts = self.contracts.iter().flat_map(Declared::registers);
        let of_instructions = self.instructions.iter().flat_map(|stated| &stated.clobbers);
        let mut names = of_contracts.chain(of_instructions.flatten().map(String::as_str));
        if let Some(name) = names.find(|name| Register::named(name).is_none()) {
            return Err(Error::Register {
                path: path(),
                register: name.to_owned(),
            });
        }
        let of_contracts = self.contracts.iter().map(|declared| &declared.convention);
        let conventions = of_contracts.chain([&self.convention]).flatten();
        if let Some(name) = conventions
            .into_iter()
            .find(|n| Convention::named(n).is_none())
        {
            return Err(Error::Convention {
                path: path(),
                convention: name.to_owned(),
            });
        }
        match self.contradiction() {
            Some(what) => Err(Error::Contradiction { path: path(), what }),
            None => Ok(()),
        }
    }

    /// What is declared and cannot be, or says nothing.
    fn contradiction(&self) -> Option<String> {
        let table = self.tables.iter().find(|table| table.entries == 0);
        let table = table.map(|table| {
            format!(
                "the table of `{}` is said to have no entries: write how many",
                table.jump
            )
        });
        let empty = self.instructions.iter().find(|stated| stated.is_empty());
        let empty = empty.map(|stated| {
            format!(
                "nothing is stated of `{}`: write `leads_to`, `by_convention`, `clobbers`, \
                 `aligned` or `bits`",
                stated.at
            )
        });
        let odd = self.instructions.iter().find_map(|stated| {
            let aligned = stated
                .aligned
                .filter(|aligned| !aligned.is_power_of_two())?;
            let at = &stated.at;
            Some(format!(
                "`{at}` is said to be aligned to {aligned}, no power of two"
            ))
        });
        let unbound = self
            .allowed
            .iter()
            .find(|allowed| allowed.symbols.is_empty() && allowed.types.is_empty());
        let unbound = unbound.map(|allowed| {
            format!(
                "`{}` is allowed without `symbols` or `types`: write of which",
                allowed.rule.as_ref()
            )
        });
        let of_instructions = self.instructions.iter().filter_map(|stated| stated.bits);
        let of_code = self.modes.iter().map(|mode| mode.bits);
        let of_segments = self.segments.iter().map(|segment| segment.bits);
        let mut bits = of_instructions.chain(of_code).chain(of_segments);
        let mode = bits
            .find(|&bits| !modes::is_mode(bits))
            .map(|bits| format!("there is no mode of {bits} bits: write 16, 32 or 64"));
        let contracts = self.contracts.iter();
        table
            .or(mode)
            .or(empty)
            .or(unbound)
            .or(odd)
            .or_else(|| contracts.into_iter().find_map(Declared::contradiction))
    }

    /// Whether it speaks of any function by its name.
    #[must_use]
    pub fn names_any(&self) -> bool {
        !self.roots.is_empty() || !self.contracts.is_empty()
    }

    /// Whether a name is declared to be a root.
    #[must_use]
    pub fn is_root(&self, name: &str) -> bool {
        self.roots.iter().any(|glob| fits(glob, name))
            || self
                .declared(name)
                .any(|declared| declared.root || declared.interrupt.is_some())
    }

    /// Whether a name is written out where roots are named, and not by a glob.
    #[must_use]
    pub fn spells(&self, name: &str) -> bool {
        let declared = self.contracts.iter().flat_map(|declared| &declared.symbols);
        self.roots
            .iter()
            .chain(declared)
            .any(|written| written == name)
    }

    /// Whether a name is declared to be no function.
    #[must_use]
    pub fn is_no_function(&self, name: &str) -> bool {
        self.declared(name).any(|declared| declared.not_a_function)
    }

    /// How the hardware enters the function at a place, where that is declared.
    #[must_use]
    pub fn interrupt(&self, image: &Image, name: &str, place: Place) -> Option<Interrupt> {
        let gates = self.declared(name).filter_map(|d| d.interrupt.as_ref());
        Some(gates.last()?.interrupt(image, place))
    }

    /// The C convention of the code, where it is declared.
    #[must_use]
    pub fn convention(&self) -> Option<&'static Convention> {
        Convention::named(self.convention.as_ref()?)
    }

    /// The contract of a function, from what it is by convention; its type is known by these names.
    #[must_use]
    pub fn contract(&self, name: &str, types: &[String], mut contract: Contract) -> Contract {
        let all = self.contracts.iter();
        let meant = all.filter(|declared| declared.is_of(name) || declared.is_of_type(types));
        let meant: Vec<&Declared> = meant.collect();
        let mut conventions = meant.iter().filter_map(|d| d.convention.as_deref());
        if let Some(convention) = conventions.next_back().and_then(Convention::named) {
            contract = contract.by(convention);
        }
        for declared in meant {
            declared.apply(&mut contract);
        }
        contract
    }

    /// Whether it is declared of a name how functions call it.
    #[must_use]
    pub fn tells_how_called(&self, name: &str) -> bool {
        let mut declared = self.declared(name);
        declared.any(|declared| declared.convention.is_some() && declared.interrupt.is_none())
    }

    /// What is stated of single instructions.
    #[must_use]
    pub fn stated(&self, image: &Image) -> HashMap<Place, Stated> {
        stated::resolve(image, &self.tables, &self.instructions)
    }

    /// In which mode which code runs.
    #[must_use]
    pub fn modes(&self, image: &Image) -> Modes {
        modes::modes_of(image, &self.modes, &self.segments)
    }

    fn declared(&self, name: &str) -> impl Iterator<Item = &Declared> {
        let contracts = self.contracts.iter();
        contracts.filter(move |declared| declared.is_of(name))
    }
}

impl Declared {
    fn is_of(&self, name: &str) -> bool {
        self.symbols.iter().any(|glob| fits(glob, name))
    }

    fn is_of_type(&self, types: &[String]) -> bool {
        let mut globs = self.types.iter();
        globs.any(|glob| types.iter().any(|ty| fits(glob, ty)))
    }

    fn registers(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.arguments, &self.results, &self.preserves];
        let lists = lists.into_iter().flatten();
        lists
            .chain([&self.also_preserves, &self.clobbers])
            .flatten()
            .chain(self.multiples.keys())
            .map(String::as_str)
    }

    /// What it declares that cannot be.
    fn contradiction(&self) -> Option<String> {
        let mut of = self.symbols.iter().chain(&self.types);
        let Some(of) = of.next() else {
            return Some("a contract without `symbols` or `types` binds nothing".to_owned());
        };
        let chooses = self.root || self.not_a_function || self.interrupt.is_some();
        if chooses && !self.types.is_empty() {
            return Some(format!(
                "by its type `{of}` is said to be a root, a handler or none: a type is known of \
                 roots alone, so name it"
            ));
        }
        let preserved = self.preserves.iter().flatten().chain(&self.also_preserves);
        let mut both = preserved.filter(|name| self.clobbers.contains(name));
        if let Some(register) = both.next() {
            return Some(format!(
                "`{of}` is said to preserve and to clobber `{register}`"
            ));
        }
        if self.registers().any(|name| name == "rsp" || name == "esp") {
            return Some(format!(
                "`rsp` is no register to declare of `{of}`: it comes back as it was, unless \
                 `switches_stack` is said"
            ));
        }
        let mut multiples = self.multiples.iter();
        if let Some((register, of)) = multiples.find(|(_, of)| !of.is_power_of_two()) {
            return Some(format!(
                "`{register}` is said to be a multiple of {of}, no power of two"
            ));
        }
        if let Some(contradiction) = self
            .interrupt
            .as_ref()
            .and_then(|gate| gate.contradiction(of))
        {
            return Some(contradiction);
        }
        if self.interrupt.is_some() && self.convention.is_some() {
            return Some(format!(
                "`{of}` is said to be entered by the hardware, and the convention that it is \
                 called by"
            ));
        }
        if self.interrupt.is_some() && self.results.is_some() {
            return Some(format!(
                "`{of}` is said to be entered by the hardware, and what it returns"
            ));
        }
        if self.not_a_function && self.declares_a_function() {
            return Some(format!(
                "`{of}` is said to be no function, and what it does as one"
            ));
        }
        (self.never_returns && self.results.is_some())
            .then(|| format!("`{of}` is said never to return, and what it returns"))
    }

    fn declares_a_function(&self) -> bool {
        let registers = self.registers().next().is_some();
        let gate = self.interrupt.is_some();
        let flow = self.never_returns || self.switches_stack;
        let is_called = self.convention.is_some() || self.stack_arguments.is_some();
        registers || is_called || gate || flow
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
            let beside = contract.preserved.iter();
            let beside = beside.filter(|r| r.is_control() || r.is_segment());
            contract.preserved = set(preserves).union(beside.collect());
        }
        contract.preserved = contract
            .preserved
            .union(set(&self.also_preserves))
            .difference(set(&self.clobbers));
        let vectors = self.arguments.iter().chain(&self.results).flatten();
        contract.wide_vectors |= vectors.into_iter().any(|name| is_wide(name));
        let home = contract.convention.home_space;
        let stack_arguments = self.stack_arguments.map(|bytes| bytes.saturating_add(home));
        contract.stack_arguments = stack_arguments.or(contract.stack_arguments);
        if contract.convention.callee_pops {
            contract.pops = self.stack_arguments.or(contract.pops);
        }
        let multiples = self.multiples.iter();
        contract
            .multiples
            .extend(multiples.filter_map(|(name, of)| {
                Some((Register::named(name)?, of.trailing_zeros().min(63) as u8))
            }));
        contract.work = self.work.unwrap_or(contract.work).max(1);
        contract.unwinds |= self.unwinds;
        contract.never_returns |= self.never_returns;
        contract.switches_stack |= self.switches_stack;
        contract.reasons.push(self.reason.clone());
    }
}

/// Whether a name is that of a vector register with an upper half.
fn is_wide(name: &str) -> bool {
    name.starts_with("ymm") || name.starts_with("zmm")
}

/// Whether a name fits a glob.
#[must_use]
pub fn fits(glob: &str, name: &str) -> bool {
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
        let contract = configuration.contract("switch_to", &[], Contract::of(&SYSTEM_V_X86_64));
        assert!(contract.clobbers(Register::RBX));
        assert!(!contract.clobbers(Register::R11));
        let other = configuration.contract("other", &[], Contract::of(&SYSTEM_V_X86_64));
        assert!(other.reasons.is_empty());
    }
}
