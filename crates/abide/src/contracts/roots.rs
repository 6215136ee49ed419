//! Roots: the functions written in assembly that the rest of a link unit refers to.

use std::collections::{BTreeMap, HashSet};

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

/// The roots of a link unit: what compiled objects refer to, what is named,
/// and, where asked for, all that is exported. In the order of their places.
#[must_use]
pub fn roots_of(image: &Image, named: &HashSet<String>, all_exported: bool) -> Vec<Root> {
    let mut roots = BTreeMap::new();
    let mut add = |name: &str, place: Place, derived: Derived| {
        roots.entry(place).or_insert_with(|| Root {
            name: name.to_owned(),
            place,
            derived,
        });
    };
    for (id, symbol) in image.symbols() {
        if named.contains(&symbol.name)
            && let Some(Resolved::Place(place)) = image.resolve(id)
        {
            add(&symbol.name, place, Derived::Named);
        }
    }
    for (name, place) in referred(image) {
        add(&name, place, Derived::Referred);
    }
    if all_exported {
        for (id, symbol) in image.symbols() {
            let exported = symbol.binding != Binding::Local && is_function(symbol.kind);
            if exported && let Some(place) = assembly_code(image, id) {
                add(&symbol.name, place, Derived::Exported);
            }
        }
    }
    roots.into_values().collect()
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
