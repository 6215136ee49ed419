//! Which code of a unit is assembly.

use abide::inputs::{
    Assembly, Language, Object, Relocation, SectionIndex, Symbol, SymbolPlace, Trace,
};

/// The bytes of assembly in an object.
pub(crate) fn size(object: &Object) -> u64 {
    match object.language {
        Language::Unknown => 0,
        _ => Assembly::of(object).size(object),
    }
}

/// The symbols that stand for a place in the assembly of an object.
pub(crate) fn labels(object: &Object) -> impl Iterator<Item = &Symbol> {
    let assembly = Assembly::of(object);
    object.symbols.iter().filter(move |symbol| {
        let SymbolPlace::Section(index) = symbol.place else {
            return false;
        };
        let section = object.sections.get(index.0 as usize);
        section.is_some_and(|section| section.flags.execute)
            && is_assembly(&assembly, index, symbol.value)
    })
}

/// The relocations outside of the assembly of an object.
pub(crate) fn compiled_relocations(object: &Object) -> Vec<&Relocation> {
    let assembly = Assembly::of(object);
    let mut found = Vec::new();
    for (section, index) in object.sections.iter().zip(0..) {
        let relocations = section.relocations.iter();
        found.extend(
            relocations.filter(|relocation| {
                !is_assembly(&assembly, SectionIndex(index), relocation.offset)
            }),
        );
    }
    found
}

/// Objects of which nothing tells who made them are not counted.
fn is_assembly(assembly: &Assembly, section: SectionIndex, offset: u64) -> bool {
    let trace = assembly.trace(section, offset);
    trace.is_some_and(|trace| trace != Trace::NotCompiled)
}
