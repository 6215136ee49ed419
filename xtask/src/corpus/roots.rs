//! The roots of a unit, as far as its objects' symbols and relocations tell.
//!
//! A root is a function in assembly to which code or data in another language refers.
//! Local functions whose address escapes are roots too, but only the analysis finds those.

use std::collections::BTreeSet;

use abide::inputs::{Binding, Language, Object, RelocationTarget};

use super::assembly;
use super::unit::LinkUnit;

/// Which functions are roots, by whom they are referred to, and which are none.
#[derive(Debug, Default)]
pub(crate) struct Roots<'unit> {
    /// Functions that Rust refers to.
    pub(crate) from_rust: BTreeSet<&'unit str>,
    /// Functions that C, or an object of unknown language, refers to, and Rust does not.
    pub(crate) from_c: BTreeSet<&'unit str>,
    /// Exported names in assembly that nothing else refers to: no roots, and said so.
    pub(crate) not_referred_to: BTreeSet<&'unit str>,
}

impl<'unit> Roots<'unit> {
    /// Finds them.
    pub(crate) fn of(unit: &'unit LinkUnit) -> Self {
        let exported: BTreeSet<&str> = unit.objects().flat_map(exported_names).collect();
        let referred = |is_wanted: fn(Language) -> bool| -> BTreeSet<&str> {
            let objects = unit.objects().filter(|object| is_wanted(object.language));
            let names = objects.flat_map(names_referred_to);
            names.filter(|name| exported.contains(name)).collect()
        };
        let from_rust = referred(|language| language == Language::Rust);
        let from_c = &referred(is_c) - &from_rust;
        let not_referred_to = &(&exported - &from_rust) - &from_c;
        Self {
            from_rust,
            from_c,
            not_referred_to,
        }
    }

    /// Whether the object refers to a root.
    pub(crate) fn are_needed_by(&self, object: &Object) -> bool {
        object.language != Language::Assembly
            && names_referred_to(object)
                .any(|name| self.from_rust.contains(name) || self.from_c.contains(name))
    }
}

/// What is neither Rust nor assembly is called as C is.
fn is_c(language: Language) -> bool {
    matches!(language, Language::C | Language::Unknown)
}

/// Global names that stand for a place in assembly.
fn exported_names(object: &Object) -> impl Iterator<Item = &str> {
    assembly::labels(object)
        .filter(|symbol| symbol.binding != Binding::Local)
        .map(|symbol| symbol.name.as_str())
}

/// Names to which the object refers outside of its assembly.
fn names_referred_to(object: &Object) -> impl Iterator<Item = &str> {
    assembly::compiled_relocations(object)
        .into_iter()
        .filter_map(|relocation| match relocation.target {
            RelocationTarget::Symbol(symbol) => object.symbols.get(symbol.0 as usize),
            _ => None,
        })
        .map(|symbol| symbol.name.as_str())
}
