//! The language that an object was written in, as its traces tell.
//!
//! Debug information of an object may be megabytes: at most its first entry is read.

use std::borrow::Cow;

use gimli::{AttributeValue, DebuggingInformationEntry, DwLang, EndianSlice, RunTimeEndian};
use object::read::{Object as _, ObjectSection as _};

use super::{Language, Object, ObjectKind, Symbol, SymbolKind};

type Reader<'a> = EndianSlice<'a, RunTimeEndian>;

/// Traces are asked in the order of their weight: the file's name by rustc, what the
/// assembler or compiler says of itself, the source's name, the shape.
pub(super) fn detect(object: &Object, file: &object::File<'_>) -> Language {
    if object.kind != ObjectKind::Relocatable {
        // A final image has as many languages as it had objects.
        return Language::Unknown;
    }
    by_name(&object.name)
        .or_else(|| by_comment(object))
        .or_else(|| by_source_name(&object.symbols))
        .or_else(|| by_debug_information(file))
        .or_else(|| by_shape(object))
        .unwrap_or(Language::Unknown)
}

/// rustc names its codegen units so.
fn by_name(name: &str) -> Option<Language> {
    let name = name.strip_suffix(')').unwrap_or(name);
    name.ends_with(".rcgu.o").then_some(Language::Rust)
}

/// Producers sign in `.comment`; what was linked together (`ld -r`) has several signatures.
fn by_comment(object: &Object) -> Option<Language> {
    let comment = object.sections.iter().find(|s| s.name == ".comment")?;
    let mut found = comment
        .data
        .split(|byte| *byte == 0)
        .filter(|signature| !signature.is_empty())
        .map(by_signature);
    let first = found.next()??;
    found.all(|other| other == Some(first)).then_some(first)
}

fn by_signature(signature: &[u8]) -> Option<Language> {
    let is = |prefix: &[u8]| signature.starts_with(prefix);
    if is(b"The Netwide Assembler") {
        Some(Language::Assembly)
    } else if is(b"rustc version") {
        Some(Language::Rust)
    } else if is(b"GCC:") || signature.windows(5).any(|word| word == b"clang") {
        Some(Language::C)
    } else {
        None
    }
}

fn by_source_name(symbols: &[Symbol]) -> Option<Language> {
    symbols
        .iter()
        .filter(|symbol| symbol.kind == SymbolKind::File)
        .find_map(|symbol| language_of_source(&symbol.name))
}

/// The language of a source file by its name's ending.
#[must_use]
pub fn language_of_source(name: &str) -> Option<Language> {
    // rustc gives `STT_FILE` the name of the codegen unit, `krate.<hash>-cgu.0`.
    if name.contains("-cgu.") {
        return Some(Language::Rust);
    }
    let (_, ending) = name.rsplit_once('.')?;
    match ending {
        "asm" | "nas" | "nasm" | "S" | "s" | "sx" | "inc" => Some(Language::Assembly),
        "rs" => Some(Language::Rust),
        "c" | "cc" | "cpp" | "cxx" | "C" | "m" | "mm" => Some(Language::C),
        _ => None,
    }
}

/// `DW_AT_language` and `DW_AT_producer` of the first compilation unit.
fn by_debug_information(file: &object::File<'_>) -> Option<Language> {
    let info = FirstUnit::load(file)?;
    info.language()
}

struct FirstUnit<'data> {
    info: Cow<'data, [u8]>,
    abbrev: Cow<'data, [u8]>,
    endian: RunTimeEndian,
}

impl<'data> FirstUnit<'data> {
    fn load(file: &object::File<'data>) -> Option<Self> {
        Some(Self {
            info: plain_section(file, ".debug_info")?,
            abbrev: plain_section(file, ".debug_abbrev")?,
            endian: if file.is_little_endian() {
                RunTimeEndian::Little
            } else {
                RunTimeEndian::Big
            },
        })
    }

    fn language(&self) -> Option<Language> {
        let info = gimli::DebugInfo::new(&self.info, self.endian);
        let abbrev = gimli::DebugAbbrev::new(&self.abbrev, self.endian);
        let unit = info.units().next().ok()??;
        let abbreviations = unit.abbreviations(&abbrev).ok()?;
        let mut entries = unit.entries(&abbreviations);
        let root = entries.next_dfs().ok()??;
        by_language_code(root)
    }
}

/// A section as it stands: relocations do not touch language codes.
fn plain_section<'data>(file: &object::File<'data>, name: &str) -> Option<Cow<'data, [u8]>> {
    let section = file.section_by_name(name)?;
    section.data().ok().map(Cow::Borrowed)
}

fn by_language_code(root: &DebuggingInformationEntry<Reader<'_>>) -> Option<Language> {
    match root.attr_value(gimli::DW_AT_language)? {
        AttributeValue::Language(code) => of_code(code),
        _ => None,
    }
}

fn of_code(code: DwLang) -> Option<Language> {
    match code {
        gimli::DW_LANG_Mips_Assembler => Some(Language::Assembly),
        gimli::DW_LANG_Rust => Some(Language::Rust),
        gimli::DW_LANG_C89
        | gimli::DW_LANG_C
        | gimli::DW_LANG_C99
        | gimli::DW_LANG_C11
        | gimli::DW_LANG_C17
        | gimli::DW_LANG_C_plus_plus
        | gimli::DW_LANG_C_plus_plus_03
        | gimli::DW_LANG_C_plus_plus_11
        | gimli::DW_LANG_C_plus_plus_14
        | gimli::DW_LANG_C_plus_plus_17
        | gimli::DW_LANG_C_plus_plus_20 => Some(Language::C),
        _ => None,
    }
}

/// GNU as begins every object with `.text`, `.data` and `.bss`, and signs nothing. A compiler in
/// front of it would have left `.comment` or the source's name; `.eh_frame` tells nothing, for
/// careful assembly has it too.
fn by_shape(object: &Object) -> Option<Language> {
    let mut names = object
        .sections
        .iter()
        .map(|section| section.name.as_str())
        .filter(|name| !name.starts_with(".rel") && *name != ".group");
    let gnu_as = [".text", ".data", ".bss"]
        .iter()
        .all(|expected| names.next() == Some(expected));
    let by_compiler = object.sections.iter().any(|s| s.name == ".comment")
        || object.symbols.iter().any(|s| s.kind == SymbolKind::File);
    let has_code = object
        .sections
        .iter()
        .any(|section| section.flags.execute && section.size > 0);
    (gnu_as && !by_compiler && has_code).then_some(Language::Assembly)
}
