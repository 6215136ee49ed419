//! The symbol tables of ELF files as GNU `objdump -t` and `-T` print them, byte for byte.
//!
//! Straight from the file, not from the model: what a linker has no use for (every bit of
//! `st_other`, version names, names that are not UTF-8) is printed too. The layout follows
//! binutils 2.40 as Debian builds it; what it prints to standard error becomes a warning here.
//!
//! Differences that remain, with their reasons:
//!
//! - A file that contradicts itself: `objdump` prints what it read before it gave up, and
//!   refuses a few files that can be read. Here a table is printed whole or not at all.
//! - PE, Mach-O and other formats: they have a layout of their own, and are refused.
//! - Members of thin archives: they are other files, which are not opened here.

mod line;
mod sections;
mod versions;

use std::io::{self, Write};

use object::elf::{self, FileHeader32, FileHeader64};
use object::read::archive::ArchiveFile;
use object::read::elf::{FileHeader, SectionTable};
use object::{Endianness, FileKind, SymbolIndex};

use crate::inputs;
use sections::Sections;
use versions::Versions;

/// Which symbol table is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// `.symtab`: `objdump -t`.
    Static,
    /// `.dynsym`: `objdump -T`.
    Dynamic,
}

/// Prints the table of the file, or of each member of the archive, and returns the warnings.
///
/// `name` is printed as the file's name.
///
/// # Errors
/// `out` cannot be written.
pub fn write(
    name: &str,
    data: &[u8],
    table: Table,
    out: &mut impl Write,
) -> io::Result<Vec<String>> {
    let mut writer = Writer {
        table,
        out,
        warnings: Vec::new(),
    };
    writer.file(name.as_bytes(), data, 0)?;
    Ok(writer.warnings)
}

/// How deep `objdump` follows archives inside archives.
const DEEPEST: usize = 100;

struct Writer<'a, W> {
    table: Table,
    out: &'a mut W,
    warnings: Vec<String>,
}

impl<W: Write> Writer<'_, W> {
    /// Prints an object, or an archive at this depth of archives.
    fn file(&mut self, name: &[u8], data: &[u8], depth: usize) -> io::Result<()> {
        if inputs::is_archive(data) && depth < DEEPEST {
            self.archive(name, data, depth)
        } else {
            self.object(name, data)
        }
    }

    fn archive(&mut self, name: &[u8], data: &[u8], depth: usize) -> io::Result<()> {
        let archive = match ArchiveFile::parse(data) {
            Ok(archive) if archive.is_thin() => {
                self.warn(name, "a thin archive holds only its members' names");
                return Ok(());
            }
            Ok(archive) => archive,
            Err(error) => {
                self.warn(name, error);
                return Ok(());
            }
        };
        let heading: &[u8] = if depth == 0 {
            b"In archive "
        } else {
            b"In nested archive "
        };
        self.out.write_all(&[heading, name, b":\n"].concat())?;
        for member in archive.members() {
            let member = member.and_then(|member| Ok((member.name(), member.data(data)?)));
            match member {
                Ok((member, data)) => self.file(member, data, depth + 1)?,
                Err(error) => {
                    self.warn(name, error);
                    break;
                }
            }
        }
        Ok(())
    }

    fn object(&mut self, name: &[u8], data: &[u8]) -> io::Result<()> {
        let text = match FileKind::parse(data) {
            Ok(FileKind::Elf32) => render::<FileHeader32<Endianness>>(name, data, self.table),
            Ok(FileKind::Elf64) => render::<FileHeader64<Endianness>>(name, data, self.table),
            _ => Err("not an ELF file".to_owned()),
        };
        match text {
            Ok(rendered) => {
                self.warnings.extend(rendered.warning);
                self.out.write_all(&rendered.text)
            }
            Err(reason) => {
                self.warn(name, reason);
                Ok(())
            }
        }
    }

    fn warn(&mut self, name: &[u8], what: impl std::fmt::Display) {
        let name = String::from_utf8_lossy(name);
        self.warnings.push(format!("`{name}`: {what}"));
    }
}

struct Rendered {
    text: Vec<u8>,
    warning: Option<String>,
}

fn render<H: FileHeader<Endian = Endianness>>(
    name: &[u8],
    data: &[u8],
    table: Table,
) -> Result<Rendered, String> {
    let fail = |error: object::Error| error.to_string();
    let header = H::parse(data).map_err(fail)?;
    let endian = header.endian().map_err(fail)?;
    let sections = header.sections(endian, data).map_err(fail)?;
    let mut text = Vec::new();
    text.push(b'\n');
    text.extend(name);
    text.extend(b":     file format ");
    text.extend(target(header, endian).as_bytes());
    text.extend(match table {
        Table::Static => &b"\n\nSYMBOL TABLE:\n"[..],
        Table::Dynamic => b"\n\nDYNAMIC SYMBOL TABLE:\n",
    });
    let lines = lines(header, endian, &sections, data, table).map_err(fail)?;
    text.extend(if lines.is_empty() {
        b"no symbols\n".to_vec()
    } else {
        lines
    });
    text.extend(b"\n\n");
    let warning = (table == Table::Dynamic && !is_dynamic(endian, &sections))
        .then(|| format!("`{}`: not a dynamic object", String::from_utf8_lossy(name)));
    Ok(Rendered { text, warning })
}

fn is_dynamic<H: FileHeader>(endian: H::Endian, sections: &SectionTable<'_, H>) -> bool {
    use object::read::elf::SectionHeader as _;
    sections
        .iter()
        .any(|section| section.sh_type(endian) == elf::SHT_DYNSYM)
}

fn lines<H: FileHeader<Endian = Endianness>>(
    header: &H,
    endian: Endianness,
    sections: &SectionTable<'_, H>,
    data: &[u8],
    table: Table,
) -> object::read::Result<Vec<u8>> {
    let kind = match table {
        Table::Static => elf::SHT_SYMTAB,
        Table::Dynamic => elf::SHT_DYNSYM,
    };
    let symbols = sections.symbols(endian, data, kind)?;
    let versions = Versions::read(endian, sections, data)?;
    let names = Sections::read(header, endian, sections);
    let mut out = Vec::new();
    // The first entry is the null symbol.
    for (index, entry) in symbols.iter().enumerate().skip(1) {
        let line = line::Line {
            entry,
            endian,
            index: SymbolIndex(index),
            symbols: &symbols,
            sections: &names,
            version: versions.of(table, index),
            table,
        };
        line.render(&mut out);
        out.push(b'\n');
    }
    Ok(out)
}

/// The name that BFD gives the file format where it is built for Linux on x86; built for all
/// targets it would tell processors and systems apart (`elf64-x86-64-freebsd`).
fn target<H: FileHeader<Endian = Endianness>>(header: &H, endian: Endianness) -> String {
    let class = if header.is_class_64() {
        "elf64"
    } else {
        "elf32"
    };
    let little = endian == Endianness::Little;
    let machine = match header.e_machine(endian) {
        elf::EM_X86_64 if little => "x86-64",
        elf::EM_386 if little && !header.is_class_64() => "i386",
        elf::EM_IAMCU if little => "iamcu",
        _ if little => "little",
        _ => "big",
    };
    format!("{class}-{machine}")
}
