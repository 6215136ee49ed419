//! The engine on raw bytes as code: one section, and functions that begin in it here and there.

#![no_main]

use abide::project::Project;
use object::write::{Object, Symbol, SymbolSection};
use object::{Architecture, BinaryFormat, Endianness, SymbolFlags, SymbolKind, SymbolScope};

libfuzzer_sys::fuzz_target!(|input: (u8, u8, &[u8])| {
    let (second, third, code) = input;
    let starts = [0, u64::from(second), u64::from(third)];
    let project = Project {
        all_exported: true,
        ..Project::default()
    };
    abide_fuzz::check(elf(code, &starts), &project);
});

fn elf(code: &[u8], starts: &[u64]) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let text = object.section_id(object::write::StandardSection::Text);
    object.append_section_data(text, code, 16);
    // An assembler's trace, so that it counts as assembly.
    object.add_file_symbol(b"fuzz.asm".to_vec());
    for (number, &value) in starts.iter().enumerate() {
        object.add_symbol(Symbol {
            name: format!("f{number}").into_bytes(),
            value,
            size: 0,
            kind: SymbolKind::Text,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(text),
            flags: SymbolFlags::None,
        });
    }
    object.write().unwrap_or_default()
}
