//! One object: its sections, symbols and relocations, whatever its format.

use crate::registers::InstructionSet;

use super::Bytes;

/// A relocatable object, executable or shared object.
#[derive(Debug, Clone)]
pub struct Object {
    /// The file it came from, as given; for a member of an archive, `archive(member)`.
    pub name: String,
    /// The file format.
    pub format: Format,
    /// Relocatable, executable or shared.
    pub kind: ObjectKind,
    /// The instruction set that the header names; `None` for one that abide does not know.
    pub instruction_set: Option<InstructionSet>,
    /// What it was most likely written in.
    pub language: Language,
    /// The sections, in file order; [`SectionIndex`] counts from 0 in this list.
    pub sections: Vec<Section>,
    /// The static symbol table, in file order without the null entry.
    pub symbols: Vec<Symbol>,
    /// The dynamic symbol table, in file order without the null entry.
    pub dynamic_symbols: Vec<Symbol>,
    /// The address at which execution starts, for executables that say so.
    pub entry: Option<u64>,
    /// For a program or shared object of ELF: whether its stack may be executed, because
    /// `PT_GNU_STACK` says so or is missing.
    pub executable_stack: bool,
    /// For a program or shared object of ELF: whether the loader must change what is not
    /// writable, because the dynamic section has `DT_TEXTREL` or `DF_TEXTREL`.
    pub text_relocations: bool,
    /// The whole file (or archive member), for readers of debug information.
    pub data: Bytes,
}

impl Object {
    /// Whether it came out of an archive, as its name tells.
    #[must_use]
    pub fn is_member(&self) -> bool {
        self.name.ends_with(')')
    }
}

/// The container's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// ELF, 32 or 64 bits.
    Elf {
        /// Whether its class is ELFCLASS64.
        is_64: bool,
    },
    /// Mach-O, 32 or 64 bits.
    MachO {
        /// Whether its header is `mach_header_64`.
        is_64: bool,
    },
    /// A COFF object.
    Coff,
    /// A PE image.
    Pe {
        /// Whether it is PE32+.
        is_64: bool,
    },
}

/// What part the object plays in a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// Input of a link.
    Relocatable,
    /// A final program, position independent or not.
    Executable,
    /// A shared object.
    Shared,
    /// Anything else that has sections (a core file, say).
    Other,
}

/// The language that an object was written in, as its traces tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Assembly: `DW_LANG_Mips_Assembler`, NASM's comment, or a source file named so.
    Assembly,
    /// Rust.
    Rust,
    /// C or C++.
    C,
    /// No trace tells.
    Unknown,
}

/// The place of a section in [`Object::sections`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SectionIndex(pub u32);

/// The place of a symbol in [`Object::symbols`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SymbolIndex(pub u32);

/// A section and its relocations.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its name, lossily decoded.
    pub name: String,
    /// Its address where one is laid out, else 0.
    pub address: u64,
    /// Its size in memory, in bytes.
    pub size: u64,
    /// Its alignment, in bytes, at least 1.
    pub align: u64,
    /// What it may be used for.
    pub flags: SectionFlags,
    /// Whether it belongs to a COMDAT group, of which a link keeps one among equals.
    pub comdat: bool,
    /// Its bytes in the file; empty for `.bss`.
    pub data: Bytes,
    /// Its relocations, sorted by offset.
    pub relocations: Vec<Relocation>,
}

/// The rights of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SectionFlags {
    /// It is in memory at run time.
    pub alloc: bool,
    /// It may be written at run time.
    pub write: bool,
    /// It holds code.
    pub execute: bool,
}

/// A symbol.
#[derive(Debug, Clone)]
pub struct Symbol {
    /// Its name as in the file, lossily decoded (mangled; with Mach-O's leading underscore).
    pub name: String,
    /// What it names.
    pub kind: SymbolKind,
    /// Who may refer to it.
    pub binding: Binding,
    /// Who may see it at run time.
    pub visibility: Visibility,
    /// Where it is.
    pub place: SymbolPlace,
    /// Its offset in its section (wrapping: a linker script may put it before the section's
    /// start); for a common symbol its size; else its value.
    pub value: u64,
    /// Its size in bytes, 0 where the file does not say.
    pub size: u64,
}

/// What a symbol names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    /// No type: `STT_NOTYPE`.
    Untyped,
    /// A function.
    Function,
    /// A function whose address is chosen at run time: `STT_GNU_IFUNC`.
    IndirectFunction,
    /// A variable.
    Object,
    /// A section.
    Section,
    /// A source file.
    File,
    /// Thread-local storage.
    Tls,
    /// Something else.
    Other,
}

/// Who may refer to a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Binding {
    /// Its own object only.
    Local,
    /// Every object.
    Global,
    /// Every object, and another definition may take its place.
    Weak,
    /// `STB_GNU_UNIQUE`.
    Unique,
}

/// Who may see a symbol outside the linked module (ELF `st_other`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// Everyone, and it may be interposed.
    Default,
    /// Everyone, and it may not be interposed.
    Protected,
    /// The linked module only.
    Hidden,
    /// As hidden, by the processor supplement's rules.
    Internal,
}

/// Where a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SymbolPlace {
    /// Nowhere: another object defines it.
    Undefined,
    /// At a fixed number.
    Absolute,
    /// In a common block, to be allotted by the linker.
    Common,
    /// In a section of this object.
    Section(SectionIndex),
}

/// A place that the linker fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relocation {
    /// The offset of the place in its section, in bytes.
    pub offset: u64,
    /// How the place is computed.
    pub kind: RelocationKind,
    /// The width of the place, in bits; 0 where the format does not say.
    pub size: u8,
    /// What it refers to.
    pub target: RelocationTarget,
    /// What is added, the implicit addend of `REL` places included.
    pub addend: i64,
}

/// How a relocated place is computed: the classes that an analysis tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelocationKind {
    /// S + A: an address.
    Absolute,
    /// S + A - P: relative to the place.
    Relative,
    /// As `Relative`, possibly through the PLT.
    PltRelative,
    /// G + GOT + A - P: the GOT entry of the symbol, relative to the place.
    GotRelative,
    /// GOT + A - P: the GOT's base, relative to the place.
    Got,
    /// S + A - GOT: an address, relative to the GOT's base.
    GotOffset,
    /// G + A: the GOT entry of the symbol, relative to the GOT's base.
    GotSlot,
    /// Thread-local storage of any model.
    Tls,
    /// Another one, by its number in the format.
    Other(u32),
}

/// What a relocation refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelocationTarget {
    /// A symbol.
    Symbol(SymbolIndex),
    /// A section's start; references to a section symbol are this too.
    Section(SectionIndex),
    /// The absolute zero.
    Absolute,
}
