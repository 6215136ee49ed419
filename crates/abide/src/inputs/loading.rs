//! What a program or shared object of ELF asks of its loader.

use object::elf;
use object::read::Object as _;
use object::read::elf::{Dyn as _, ElfFile, FileHeader, ProgramHeader as _};
use object::{File, ObjectKind};

/// Whether the stack may be executed: `PT_GNU_STACK` says so, or is missing, which means the
/// same (Linux Standard Base Core, "Program Header").
pub(super) fn executable_stack(file: &File<'_>) -> bool {
    is_image(file)
        && match file {
            File::Elf32(file) => stack_is_executable(file),
            File::Elf64(file) => stack_is_executable(file),
            _ => false,
        }
}

/// Whether the loader writes into what is not writable (gABI, "Dynamic Section").
pub(super) fn text_relocations(file: &File<'_>) -> bool {
    is_image(file)
        && match file {
            File::Elf32(file) => has_text_relocations(file),
            File::Elf64(file) => has_text_relocations(file),
            _ => false,
        }
}

fn is_image(file: &File<'_>) -> bool {
    matches!(file.kind(), ObjectKind::Executable | ObjectKind::Dynamic)
}

fn stack_is_executable<H: FileHeader>(file: &ElfFile<'_, H>) -> bool {
    let endian = file.endian();
    let mut headers = file.elf_program_headers().iter();
    headers
        .find(|header| header.p_type(endian) == elf::PT_GNU_STACK)
        .is_none_or(|header| header.p_flags(endian).contains(elf::PF_X))
}

fn has_text_relocations<H: FileHeader>(file: &ElfFile<'_, H>) -> bool {
    let endian = file.endian();
    let entries = file
        .elf_section_table()
        .dynamic(endian, file.data())
        .ok()
        .flatten();
    entries.is_some_and(|(entries, _)| {
        entries.iter().any(|entry| match entry.d_tag(endian) {
            elf::DT_TEXTREL => true,
            elf::DT_FLAGS => entry.d_val(endian).into() & elf::DF_TEXTREL.0 != 0,
            _ => false,
        })
    })
}
