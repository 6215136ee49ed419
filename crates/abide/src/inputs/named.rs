//! Which symbol a relocation means.
//!
//! LLVM refers to a local function by its section and an offset, where it stands in the same object.

use std::collections::HashMap;

use super::{
    Assembly, Language, Object, Relocation, RelocationKind, RelocationTarget, SectionIndex,
    SymbolIndex, SymbolKind, SymbolPlace,
};

/// An object's named places.
#[derive(Debug, Clone)]
pub struct Named(HashMap<(SectionIndex, u64), SymbolIndex>);

impl Named {
    /// Those of an object; of two names of one place the first.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        let mut named = HashMap::new();
        for (index, symbol) in (0..).map(SymbolIndex).zip(&object.symbols) {
            let is_name = !matches!(symbol.kind, SymbolKind::Section | SymbolKind::File);
            if let SymbolPlace::Section(section) = symbol.place
                && is_name
                && !symbol.name.is_empty()
            {
                named.entry((section, symbol.value)).or_insert(index);
            }
        }
        Self(named)
    }

    /// The symbol that a relocation of the object means, where it means one.
    #[must_use]
    pub fn by(&self, relocation: &Relocation) -> Option<SymbolIndex> {
        match relocation.target {
            RelocationTarget::Symbol(symbol) => Some(symbol),
            RelocationTarget::Section(section) => {
                let offset = relocation.addend.wrapping_add(behind(relocation.kind));
                let offset = u64::try_from(offset).ok()?;
                self.0.get(&(section, offset)).copied()
            }
            _ => None,
        }
    }
}

/// What the assembly in an object refers to: the symbols, each with the place that does.
#[must_use]
pub fn referred_by_assembly(
    object: &Object,
    assembly: &Assembly,
) -> Vec<(SymbolIndex, SectionIndex, u64)> {
    if assembly.is_none() {
        return Vec::new();
    }
    let named = Named::of(object);
    let mut found = Vec::new();
    for (index, section) in (0..).map(SectionIndex).zip(&object.sections) {
        // Data beside compiled code may be the compiler's.
        let is_told = section.flags.execute || object.language == Language::Assembly;
        let own = section.relocations.iter().filter(|relocation| {
            let trace = assembly.trace(index, relocation.offset);
            section.flags.alloc && is_told && trace.is_some()
        });
        found.extend(own.filter_map(|relocation| {
            let symbol = named.by(relocation)?;
            Some((symbol, index, relocation.offset))
        }));
    }
    found
}

/// What is relative to the end of a displacement of four bytes has these added.
#[must_use]
pub(crate) const fn behind(kind: RelocationKind) -> i64 {
    match kind {
        RelocationKind::Relative | RelocationKind::PltRelative => 4,
        _ => 0,
    }
}
