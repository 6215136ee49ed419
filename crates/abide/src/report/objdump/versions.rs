//! Symbol versions, in the words of `objdump -T`.

use std::io::Write as _;

use object::Endianness;
use object::elf;
use object::read::elf::{FileHeader, SectionTable};
use object::read::{Result, StringTable};

use super::Table;

/// The version tables of a file (LSB Core, "Symbol Versioning").
pub(super) struct Versions<'data> {
    /// Whether the file has versions at all; the column stands or falls with it.
    any: bool,
    of_symbols: Vec<u16>,
    /// Definitions, by their number less one: whether it is the base, and the name.
    defined: Vec<Option<(bool, &'data [u8])>>,
    /// Needs: number and name.
    needed: Vec<(u16, &'data [u8])>,
}

/// The version column of one symbol.
pub(super) struct Version<'data> {
    name: &'data [u8],
    is_hidden: bool,
}

impl<'data> Versions<'data> {
    pub(super) fn read<H: FileHeader<Endian = Endianness>>(
        endian: Endianness,
        sections: &SectionTable<'data, H>,
        data: &'data [u8],
    ) -> Result<Self> {
        let mut versions = Self {
            any: false,
            of_symbols: Vec::new(),
            defined: Vec::new(),
            needed: Vec::new(),
        };
        let Some((numbers, _)) = sections.gnu_versym(endian, data)? else {
            return Ok(versions);
        };
        versions.of_symbols = numbers
            .iter()
            .map(|number| number.0.get(endian).0)
            .collect();
        if let Some((mut definitions, strings)) = sections.gnu_verdef(endian, data)? {
            versions.any = true;
            let strings = sections.strings(endian, data, strings)?;
            while let Some((definition, mut names)) = definitions.next()? {
                let name = match names.next()? {
                    Some(name) => text(name.vda_name.get(endian), strings),
                    None => b"",
                };
                let flags = definition.vd_flags.get(endian);
                let is_base = flags == elf::VER_FLG_BASE;
                versions.define(definition.vd_ndx.get(endian).0, is_base, name);
            }
        }
        if let Some((mut needs, strings)) = sections.gnu_verneed(endian, data)? {
            versions.any = true;
            let strings = sections.strings(endian, data, strings)?;
            while let Some((_, mut names)) = needs.next()? {
                while let Some(name) = names.next()? {
                    let number = name.vna_other.get(endian).0;
                    versions
                        .needed
                        .push((number, text(name.vna_name.get(endian), strings)));
                }
            }
        }
        Ok(versions)
    }

    fn define(&mut self, number: u16, is_base: bool, name: &'data [u8]) {
        let Some(slot) = usize::from(number & elf::VERSYM_VERSION).checked_sub(1) else {
            return;
        };
        if self.defined.len() <= slot {
            self.defined.resize(slot + 1, None);
        }
        self.defined[slot] = Some((is_base, name));
    }

    /// The column for the symbol at `index`; `None` where the file has no versions.
    pub(super) fn of(&self, table: Table, index: usize) -> Option<Version<'data>> {
        if !self.any {
            return None;
        }
        let number = match table {
            // The table of versions runs beside the dynamic symbols alone.
            Table::Static => 0,
            Table::Dynamic => self.of_symbols.get(index).copied().unwrap_or(0),
        };
        Some(self.named(number))
    }

    fn named(&self, number: u16) -> Version<'data> {
        let is_hidden = number & elf::VERSYM_HIDDEN.0 != 0;
        let number = number & elf::VERSYM_VERSION;
        let plain = |name| Version { name, is_hidden };
        let Some(slot) = usize::from(number).checked_sub(1) else {
            return plain(b"");
        };
        let defined = self.defined.get(slot).copied();
        match (slot, defined) {
            (0, None | Some(Some((true, _)))) => plain(b"Base"),
            (_, Some(definition)) => plain(definition.map_or(b"", |(_, name)| name)),
            (_, None) => {
                let needed = self.needed.iter().find(|(other, _)| *other == number);
                needed.map_or(plain(b"<corrupt>"), |(_, name)| Version {
                    name,
                    is_hidden: true,
                })
            }
        }
    }
}

fn text<'data>(offset: u32, strings: StringTable<'data>) -> &'data [u8] {
    strings.get(offset).unwrap_or(b"<corrupt>")
}

impl Version<'_> {
    /// A version that is not the default one stands in parentheses.
    pub(super) fn render(&self, out: &mut Vec<u8>) {
        let name = self.name;
        let (open, close, width): (&[u8], &[u8], usize) = if self.is_hidden {
            (b" (", b")", 10)
        } else {
            (b"  ", b"", 11)
        };
        out.extend(open);
        out.extend(name);
        out.extend(close);
        // Writing to memory does not fail.
        let _ = write!(out, "{:1$}", "", width.saturating_sub(name.len()));
    }
}
