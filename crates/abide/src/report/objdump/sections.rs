//! The sections as BFD sees them: some it has no section for.

use object::Endianness;
use object::elf;
use object::read::elf::{FileHeader, SectionHeader as _, SectionTable};

/// The sections by number, and what else of the header the lines depend on.
pub(super) struct Sections<'data> {
    sections: Vec<Option<Section<'data>>>,
    names: Vec<&'data [u8]>,
    pub(super) is_64: bool,
    pub(super) is_x86_64: bool,
}

/// A section that BFD has.
#[derive(Clone, Copy)]
pub(super) struct Section<'data> {
    pub(super) name: &'data [u8],
    /// What is added to values: in relocatable files they count from the section.
    pub(super) bias: u64,
}

impl<'data> Sections<'data> {
    pub(super) fn read<H: FileHeader<Endian = Endianness>>(
        header: &H,
        endian: Endianness,
        table: &SectionTable<'data, H>,
    ) -> Self {
        let is_image = matches!(
            header.e_type(endian),
            elf::ET_EXEC | elf::ET_DYN | elf::ET_CORE
        );
        let name = |section| table.section_name(endian, section).unwrap_or_default();
        let sections = table.iter().map(|section| {
            is_bfd_section(section.sh_type(endian)).then(|| Section {
                name: name(section),
                bias: if is_image {
                    0
                } else {
                    section.sh_addr(endian).into()
                },
            })
        });
        Self {
            sections: sections.collect(),
            names: table.iter().map(name).collect(),
            is_64: header.is_class_64(),
            is_x86_64: header.e_machine(endian) == elf::EM_X86_64,
        }
    }

    pub(super) fn get(&self, index: u32) -> Option<Section<'data>> {
        *self.sections.get(index as usize)?
    }

    /// The name in the section header, whether BFD has the section or not.
    pub(super) fn name_of(&self, index: u32) -> &'data [u8] {
        self.names.get(index as usize).copied().unwrap_or_default()
    }
}

/// BFD reads these tables itself and makes no section of them.
fn is_bfd_section(kind: elf::SectionType) -> bool {
    !matches!(
        kind,
        elf::SHT_NULL | elf::SHT_SYMTAB | elf::SHT_SYMTAB_SHNDX
    )
}
