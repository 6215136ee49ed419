//! One line of the table.

use std::io::Write as _;

use object::elf;
use object::read::elf::{FileHeader, Sym as _, SymbolTable};
use object::{Endianness, SymbolIndex};

use super::Table;
use super::sections::Sections;
use super::versions::Version;

/// `SHN_X86_64_LCOMMON`: a common symbol for the large model (AMD64 supplement, "Sections").
const X86_64_LARGE_COMMON: u16 = 0xff02;

/// All that a line shows.
pub(super) struct Line<'a, 'data, H: FileHeader<Endian = Endianness>> {
    pub(super) entry: &'a H::Sym,
    pub(super) endian: Endianness,
    pub(super) index: SymbolIndex,
    pub(super) symbols: &'a SymbolTable<'data, H>,
    pub(super) sections: &'a Sections<'data>,
    pub(super) version: Option<Version<'data>>,
    pub(super) table: Table,
}

/// The section column, and what it decides.
struct Home<'data> {
    name: &'data [u8],
    address: u64,
    is_common: bool,
}

impl<H: FileHeader<Endian = Endianness>> Line<'_, '_, H> {
    pub(super) fn render(&self, out: &mut Vec<u8>) {
        let home = self.home();
        let value: u64 = self.entry.st_value(self.endian).into();
        let size: u64 = self.entry.st_size(self.endian).into();
        // The first number of a common symbol is its size, the second its alignment.
        let (first, second) = if home.is_common {
            (size, value)
        } else {
            (value.wrapping_add(home.address), size)
        };
        self.number(out, first);
        out.push(b' ');
        out.extend(self.flags(&home));
        out.push(b' ');
        out.extend(home.name);
        out.push(b'\t');
        self.number(out, second);
        if let Some(version) = &self.version {
            version.render(out);
        }
        self.other(out);
        out.push(b' ');
        out.extend(self.name());
    }

    fn home(&self) -> Home<'_> {
        let fixed = |name| Home {
            name,
            address: 0,
            is_common: false,
        };
        let common = |name| Home {
            is_common: true,
            ..fixed(name)
        };
        let shndx = self.entry.st_shndx(self.endian);
        match shndx {
            elf::SHN_UNDEF => fixed(b"*UND*"),
            elf::SHN_ABS => fixed(b"*ABS*"),
            elf::SHN_COMMON => common(b"*COM*"),
            _ if shndx.0 == X86_64_LARGE_COMMON && self.sections.is_x86_64 => {
                common(b"LARGE_COMMON")
            }
            _ => {
                let index = match shndx {
                    elf::SHN_XINDEX => self.symbols.shndx(self.endian, self.index),
                    _ => Some(u32::from(shndx.0)),
                };
                let section = index.and_then(|index| self.sections.get(index));
                // BFD puts symbols of sections that it does not know into `*ABS*`.
                section.map_or(fixed(b"*ABS*"), |section| Home {
                    name: section.name,
                    address: section.bias,
                    is_common: false,
                })
            }
        }
    }

    /// The seven columns of `bfd_print_symbol_vandf`: binding, weak, constructor, warning,
    /// indirect, debugging or dynamic, type.
    fn flags(&self, home: &Home<'_>) -> [u8; 7] {
        // BFD calls a symbol global where there is a definition that is.
        let undefined = home.name == b"*UND*" || home.is_common;
        let kind = self.entry.st_type();
        let mut flags = *b"       ";
        match self.entry.st_bind() {
            elf::STB_LOCAL => flags[0] = b'l',
            elf::STB_GLOBAL if !undefined => flags[0] = b'g',
            elf::STB_GNU_UNIQUE => flags[0] = b'u',
            elf::STB_WEAK => flags[1] = b'w',
            _ => {}
        }
        if kind == elf::STT_GNU_IFUNC {
            flags[4] = b'i';
        }
        if matches!(kind, elf::STT_SECTION | elf::STT_FILE) {
            flags[5] = b'd';
        } else if self.table == Table::Dynamic {
            flags[5] = b'D';
        }
        flags[6] = match kind {
            elf::STT_FUNC => b'F',
            elf::STT_FILE => b'f',
            elf::STT_OBJECT | elf::STT_COMMON => b'O',
            _ => b' ',
        };
        flags
    }

    /// What `st_other` says; bits beside the visibility make it a number.
    fn other(&self, out: &mut Vec<u8>) {
        let other = self.entry.st_other();
        match other.0 {
            0 => {}
            1 => out.extend(b" .internal"),
            2 => out.extend(b" .hidden"),
            3 => out.extend(b" .protected"),
            other => write_into(out, format_args!(" 0x{other:02x}")),
        }
    }

    /// A section symbol without a name has its section's.
    fn name(&self) -> &[u8] {
        if self.entry.st_name(self.endian) == 0 && self.entry.st_type() == elf::STT_SECTION {
            return self
                .sections
                .name_of(self.entry.st_shndx(self.endian).0.into());
        }
        let name = self.symbols.symbol_name(self.endian, self.entry);
        name.unwrap_or(b"<corrupt>")
    }

    fn number(&self, out: &mut Vec<u8>, number: u64) {
        if self.sections.is_64 {
            write_into(out, format_args!("{number:016x}"));
        } else {
            write_into(out, format_args!("{:08x}", number & 0xffff_ffff));
        }
    }
}

fn write_into(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = out.write_fmt(text);
}
