//! Which code of a unit is assembly.

use abide::inputs::{Language, Object, Section, Symbol, SymbolPlace};

/// Whether a section of the object holds assembly.
///
/// rustc gives each function of its own a section of its own, so what stands in plain `.text` of
/// its objects came from `global_asm!`. Naked functions have sections as the others and are not
/// told apart here.
fn is_assembly(object: &Object, section: &Section) -> bool {
    let is_code = section.flags.execute && section.size > 0;
    match object.language {
        Language::Assembly => is_code,
        Language::Rust => is_code && section.name == ".text",
        _ => false,
    }
}

/// The sections of an object, those of assembly or the others.
pub(crate) fn sections(object: &Object, assembly: bool) -> impl Iterator<Item = &Section> {
    let sections = object.sections.iter();
    sections.filter(move |section| is_assembly(object, section) == assembly)
}

/// The bytes of assembly in an object.
pub(crate) fn size(object: &Object) -> u64 {
    sections(object, true).map(|section| section.size).sum()
}

/// Whether the symbol stands for a place in assembly.
pub(crate) fn is_in(object: &Object, symbol: &Symbol) -> bool {
    let SymbolPlace::Section(section) = symbol.place else {
        return false;
    };
    let section = object.sections.get(section.0 as usize);
    section.is_some_and(|section| is_assembly(object, section))
}
