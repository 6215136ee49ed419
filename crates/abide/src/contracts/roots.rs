//! Roots: the functions written in assembly that the rest of a link unit refers to.

use std::collections::{BTreeMap, HashSet};

use super::Configuration;
use crate::inputs::{
    Binding, Image, ImageSymbol, Language, Object, Place, RelocationTarget, Resolved, SymbolKind,
};

/// How a root was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Derived {
    /// A compiled object refers to it.
    Referred,
    /// It is exported, and all exported functions were asked for.
    Exported,
    /// It was named.
    Named,
    /// Another root hands its address to a function outside.
    HandedOut,
}

impl Derived {
    /// How, in words.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Referred => "referred to by a compiled object",
            Self::Exported => "exported",
            Self::Named => "named",
            Self::HandedOut => "handed out by another root",
        }
    }
}

/// A function that is bound by a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Its name.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    /// How it was found.
    pub derived: Derived,
}

/// Which functions are roots.
#[derive(Debug, Clone, Copy)]
pub struct RootChoice<'a> {
    /// Names that the user gave.
    pub named: &'a HashSet<String>,
    /// Every exported function in assembly is one.
    pub all_exported: bool,
    /// What `abide.toml` says.
    pub configuration: &'a Configuration,
}

/// The roots of a link unit: what compiled objects refer to, what is named,
/// and, where asked for, all that is exported. In the order of their places.
#[must_use]
pub fn roots_of(image: &Image, choice: RootChoice<'_>) -> Vec<Root> {
    let mut roots = BTreeMap::new();
    let mut add = |name: &str, place: Place, derived: Derived| {
        if choice.configuration.is_no_function(name) {
            return;
        }
        roots.entry(place).or_insert_with(|| Root {
            name: name.to_owned(),
            place,
            derived,
        });
    };
    for (id, symbol) in image.symbols() {
        let named =
            choice.named.contains(&symbol.name) || choice.configuration.is_root(&symbol.name);
        if named
            && let Some(Resolved::Place(place)) = image.resolve(id)
            && image.is_code(place)
        {
            add(&symbol.name, place, Derived::Named);
        }
    }
    for (name, place) in referred(image) {
        add(&name, place, Derived::Referred);
    }
    if choice.all_exported {
        for (id, symbol) in image.symbols() {
            let exported = symbol.binding != Binding::Local && is_function(symbol.kind);
            if exported && let Some(place) = assembly_code(image, id) {
                add(&symbol.name, place, Derived::Exported);
            }
        }
    }
    roots.into_values().collect()
}

/// Whether any object written in assembly has code.
#[must_use]
pub fn has_assembly(image: &Image) -> bool {
    let objects = image.objects().iter().filter(|object| !is_compiled(object));
    objects
        .flat_map(|object| &object.sections)
        .any(|section| section.flags.execute && section.size > 0)
}

fn is_function(kind: SymbolKind) -> bool {
    matches!(
        kind,
        SymbolKind::Function | SymbolKind::IndirectFunction | SymbolKind::Untyped
    )
}

/// The place of a symbol, if it is code of an object written in assembly.
fn assembly_code(image: &Image, id: ImageSymbol) -> Option<Place> {
    let Some(Resolved::Place(place)) = image.resolve(id) else {
        return None;
    };
    let object = image
        .objects()
        .get(image.object_of(place.section)? as usize)?;
    (!is_compiled(object) && image.is_code(place)).then_some(place)
}

fn is_compiled(object: &Object) -> bool {
    matches!(object.language, Language::Rust | Language::C)
}

/// Functions in assembly that relocations of compiled objects lead to.
fn referred(image: &Image) -> Vec<(String, Place)> {
    let mut found = Vec::new();
    for (number, object) in image.objects().iter().enumerate() {
        if !is_compiled(object) {
            continue;
        }
        let mut seen = HashSet::new();
        let relocations = object.sections.iter().filter(|section| section.flags.alloc);
        for relocation in relocations.flat_map(|section| &section.relocations) {
            let RelocationTarget::Symbol(symbol) = relocation.target else {
                continue;
            };
            if !seen.insert(symbol) {
                continue;
            }
            let id = ImageSymbol {
                object: number as u32,
                symbol,
            };
            if let (Some(place), Some(data)) = (assembly_code(image, id), image.symbol(id)) {
                found.push((data.name.clone(), place));
            }
        }
    }
    found
}
