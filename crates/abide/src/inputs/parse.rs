//! One object's bytes → [`Object`].

use object::read::{Object as _, ObjectComdat as _, ObjectSection as _};
use object::{Architecture, FileKind};

use super::symbols::{self, SymbolMap};
use super::{
    Bytes, Error, Format, Language, Object, ObjectKind, Section, SectionFlags, SectionIndex,
};
use super::{language, loading, pe, relocations};
use crate::registers::InstructionSet;

/// Whether the bytes begin as an object of a format that abide reads.
pub(super) fn is_object(bytes: &[u8]) -> bool {
    FileKind::parse(bytes).is_ok_and(|kind| format(kind).is_some())
}

/// Reads one object; `name` becomes its name.
pub(super) fn object(name: String, bytes: Bytes) -> Result<Object, Error> {
    let format = FileKind::parse(&*bytes)
        .ok()
        .and_then(format)
        .ok_or_else(|| not_an_object(&name, &bytes))?;
    let damaged = |e: object::Error| Error::damaged(&name, e.to_string());
    let file = object::File::parse(&*bytes).map_err(damaged)?;
    let mut budget = Budget::for_file(bytes.len());

    let mut sections = sections(&file, &bytes, &mut budget).map_err(|e| e.named(&name))?;
    let (mut symbols, map) =
        symbols::table(file.symbols(), &sections, &mut budget).map_err(|e| e.named(&name))?;
    let (mut dynamic_symbols, _) = symbols::table(file.dynamic_symbols(), &sections, &mut budget)
        .map_err(|e| e.named(&name))?;
    read_relocations(&file, &mut sections, &map, &symbols, &mut budget)
        .map_err(|e| e.named(&name))?;
    if let Format::Pe { .. } = format {
        pe::complete(
            &file,
            &mut sections,
            &mut symbols,
            &mut dynamic_symbols,
            &mut budget,
        )
        .map_err(|e| e.named(&name))?;
    }

    let mut object = Object {
        format,
        kind: kind(file.kind()),
        instruction_set: instruction_set(file.architecture()),
        language: Language::Unknown,
        sections,
        symbols,
        dynamic_symbols,
        entry: Some(file.entry()).filter(|entry| *entry != 0),
        executable_stack: loading::executable_stack(&file),
        text_relocations: loading::text_relocations(&file),
        data: bytes.clone(),
        name,
    };
    object.language = language::detect(&object, &file);
    Ok(object)
}

/// A contradiction in a file whose name the finder does not know.
#[derive(Debug)]
pub(super) struct Damage(pub String);

impl Damage {
    fn named(self, name: &str) -> Error {
        Error::damaged(name, self.0)
    }
}

impl From<object::Error> for Damage {
    fn from(error: object::Error) -> Self {
        Self(error.to_string())
    }
}

/// What a file may make the reader allocate, in bytes.
///
/// Tables of a hostile file may overlap: ten thousand sections may claim the same relocations,
/// ten thousand symbols the same long name. Honest files stay far below the limit.
pub(super) struct Budget {
    left: usize,
}

impl Budget {
    fn for_file(len: usize) -> Self {
        let left = len.saturating_mul(64).saturating_add(1 << 16);
        Self { left }
    }

    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Damage> {
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or_else(|| Damage("its tables claim far more than it holds".into()))?;
        Ok(())
    }

    /// A name from the file, paid for.
    pub(super) fn name(&mut self, bytes: &[u8]) -> Result<String, Damage> {
        self.spend(bytes.len())?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}

fn not_an_object(name: &str, bytes: &[u8]) -> Error {
    let (what, help) = match FileKind::parse(bytes) {
        Ok(FileKind::MachOFat32 | FileKind::MachOFat64) => (
            "a universal binary of several architectures",
            "take one out with `lipo -thin x86_64`",
        ),
        Ok(FileKind::CoffImport) => (
            "an import stub of a Windows library",
            "give the objects that hold the code",
        ),
        Ok(_) => (
            "in a format that abide does not read",
            "give ELF, Mach-O, COFF or PE files",
        ),
        Err(_) if bytes.is_empty() => ("empty", "build it anew"),
        Err(_) if bytes.starts_with(b"BC\xc0\xde") => (
            "LLVM bitcode, which has no machine code",
            "build it without `-C linker-plugin-lto` or `-flto`",
        ),
        Err(_) if std::str::from_utf8(bytes).is_ok() => (
            "text",
            "give what the assembler or compiler made of it, an object file or an archive",
        ),
        Err(_) => (
            "neither an object file nor an archive",
            "give ELF, Mach-O, COFF or PE files, or `ar` archives of them",
        ),
    };
    Error::NotAnObject {
        name: name.to_owned(),
        what,
        help,
    }
}

fn format(kind: FileKind) -> Option<Format> {
    Some(match kind {
        FileKind::Elf32 => Format::Elf { is_64: false },
        FileKind::Elf64 => Format::Elf { is_64: true },
        FileKind::MachO32 => Format::MachO { is_64: false },
        FileKind::MachO64 => Format::MachO { is_64: true },
        FileKind::Coff | FileKind::CoffBig => Format::Coff,
        FileKind::Pe32 => Format::Pe { is_64: false },
        FileKind::Pe64 => Format::Pe { is_64: true },
        _ => return None,
    })
}

fn kind(kind: object::ObjectKind) -> ObjectKind {
    match kind {
        object::ObjectKind::Relocatable => ObjectKind::Relocatable,
        object::ObjectKind::Executable => ObjectKind::Executable,
        object::ObjectKind::Dynamic => ObjectKind::Shared,
        _ => ObjectKind::Other,
    }
}

fn instruction_set(architecture: Architecture) -> Option<InstructionSet> {
    match architecture {
        Architecture::I386 => Some(InstructionSet::X86),
        Architecture::X86_64 | Architecture::X86_64_X32 => Some(InstructionSet::X86_64),
        _ => None,
    }
}

fn sections(
    file: &object::File<'_>,
    bytes: &Bytes,
    budget: &mut Budget,
) -> Result<Vec<Section>, Damage> {
    let mut sections = Vec::new();
    for section in file.sections() {
        sections.push(Section {
            name: budget.name(section.name_bytes()?)?,
            address: section.address(),
            size: section.size(),
            align: section.align().max(1),
            flags: flags(section.flags()),
            comdat: false,
            data: section_data(&section, bytes)?,
            relocations: Vec::new(),
        });
    }
    for comdat in file.comdats() {
        for index in comdat.sections() {
            // Groups of a hostile file may overlap without end.
            budget.spend(1)?;
            if let Some(section) = section_index(index).and_then(|i| sections.get_mut(i.0 as usize))
            {
                section.comdat = true;
            }
        }
    }
    Ok(sections)
}

/// The model's index of a section; all formats count from 1.
pub(super) fn section_index(index: object::SectionIndex) -> Option<SectionIndex> {
    let index = index.0.checked_sub(1)?;
    u32::try_from(index).ok().map(SectionIndex)
}

fn section_data(section: &object::read::Section<'_, '_>, bytes: &Bytes) -> Result<Bytes, Damage> {
    let Some((start, size)) = section.file_range() else {
        return Ok(Bytes::default());
    };
    if size == 0 {
        return Ok(Bytes::default());
    }
    let range = || {
        let start = usize::try_from(start).ok()?;
        let end = start.checked_add(usize::try_from(size).ok()?)?;
        bytes.slice(start..end)
    };
    range().ok_or_else(|| {
        let name = String::from_utf8_lossy(section.name_bytes().unwrap_or_default()).into_owned();
        Damage(format!("section `{name}` reaches past the file's end"))
    })
}

fn flags(flags: object::SectionFlags) -> SectionFlags {
    use object::{SectionFlags as F, elf, macho, pe};
    match flags {
        F::Elf { sh_flags, .. } => SectionFlags {
            alloc: sh_flags.contains(elf::SHF_ALLOC),
            write: sh_flags.contains(elf::SHF_WRITE),
            execute: sh_flags.contains(elf::SHF_EXECINSTR),
        },
        F::MachO { flags, .. } => {
            let execute = flags.contains(macho::S_ATTR_PURE_INSTRUCTIONS)
                || flags.contains(macho::S_ATTR_SOME_INSTRUCTIONS);
            let debug = flags.contains(macho::S_ATTR_DEBUG);
            SectionFlags {
                alloc: !debug,
                // Mach-O gives the right to write to segments; all but code may lie in a writable one.
                write: !debug && !execute,
                execute,
            }
        }
        F::Coff { characteristics } => SectionFlags {
            alloc: !characteristics.contains(pe::IMAGE_SCN_LNK_REMOVE)
                && !characteristics.contains(pe::IMAGE_SCN_MEM_DISCARDABLE),
            write: characteristics.contains(pe::IMAGE_SCN_MEM_WRITE),
            execute: characteristics.contains(pe::IMAGE_SCN_MEM_EXECUTE),
        },
        _ => SectionFlags::default(),
    }
}

fn read_relocations(
    file: &object::File<'_>,
    sections: &mut [Section],
    map: &SymbolMap,
    symbols: &[super::Symbol],
    budget: &mut Budget,
) -> Result<(), Damage> {
    for (i, section) in file.sections().enumerate() {
        let found = relocations::of(&section, file, sections, map, symbols, budget)?;
        if let Some(section) = sections.get_mut(i) {
            section.relocations = found;
        }
    }
    Ok(())
}
