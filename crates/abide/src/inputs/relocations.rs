//! The relocations of a section, with one meaning of the addend for all formats.

use object::read::{Object as _, ObjectSection as _, RelocationTarget as Target};
use object::{Architecture, RelocationFlags, RelocationKind as Kind, elf, macho};

use super::parse::{Budget, Damage, section_index};
use super::symbols::SymbolMap;
use super::{
    Relocation, RelocationKind, RelocationTarget, Section, Symbol, SymbolKind, SymbolPlace,
};

/// Reads the relocations of `section`, sorted by offset.
///
/// A reference to a section symbol becomes a reference to the section, an addend that is
/// kept in the place itself (`SHT_REL`, COFF, Mach-O) is read from there.
pub(super) fn of(
    section: &object::read::Section<'_, '_>,
    file: &object::File<'_>,
    sections: &[Section],
    map: &SymbolMap,
    symbols: &[Symbol],
    budget: &mut Budget,
) -> Result<Vec<Relocation>, Damage> {
    let mut relocations = Vec::new();
    let place = Place {
        data: section.data().unwrap_or_default(),
        address: section.address(),
        macho: (file.format() == object::BinaryFormat::MachO).then_some(file.architecture()),
        is_little_endian: file.is_little_endian(),
    };
    for (offset, entry) in section.relocations() {
        budget.spend(size_of::<Relocation>())?;
        let target = target(entry.target(), sections, map)?;
        let (kind, size) = kind(&entry, file.architecture());
        let addend = place.addend(offset, size, kind, &entry, target, sections);
        let (target, addend) = through_section_symbol(target, addend, symbols);
        relocations.push(Relocation {
            offset,
            kind,
            size,
            target,
            addend,
        });
    }
    relocations.sort_by_key(|relocation| relocation.offset);
    Ok(relocations)
}

fn target(
    target: Target,
    sections: &[Section],
    map: &SymbolMap,
) -> Result<RelocationTarget, Damage> {
    match target {
        Target::Symbol(index) => map
            .get(index)
            .map(RelocationTarget::Symbol)
            .ok_or_else(|| Damage("a relocation refers to a symbol that does not exist".into())),
        Target::Section(index) => section_index(index)
            .filter(|index| (index.0 as usize) < sections.len())
            .map(RelocationTarget::Section)
            .ok_or_else(|| Damage("a relocation refers to a section that does not exist".into())),
        _ => Ok(RelocationTarget::Absolute),
    }
}

fn through_section_symbol(
    target: RelocationTarget,
    addend: i64,
    symbols: &[Symbol],
) -> (RelocationTarget, i64) {
    let RelocationTarget::Symbol(index) = target else {
        return (target, addend);
    };
    match symbols.get(index.0 as usize) {
        Some(Symbol {
            kind: SymbolKind::Section,
            place: SymbolPlace::Section(section),
            value,
            ..
        }) => (
            RelocationTarget::Section(*section),
            addend.wrapping_add(value.cast_signed()),
        ),
        _ => (target, addend),
    }
}

/// The class and the width in bits.
fn kind(entry: &object::Relocation, architecture: Architecture) -> (RelocationKind, u8) {
    if let RelocationFlags::Elf { r_type } = entry.flags() {
        let known = match architecture {
            Architecture::X86_64 | Architecture::X86_64_X32 => elf_x86_64(r_type),
            Architecture::I386 => elf_i386(r_type),
            _ => None,
        };
        if let Some(known) = known {
            return known;
        }
    }
    if let (
        Architecture::I386,
        RelocationFlags::MachO {
            r_type,
            r_pcrel: true,
            ..
        },
    ) = (architecture, entry.flags())
        && r_type == macho::GENERIC_RELOC_VANILLA
    {
        return (RelocationKind::Relative, entry.size());
    }
    let kind = match entry.kind() {
        Kind::Absolute => RelocationKind::Absolute,
        Kind::Relative => RelocationKind::Relative,
        Kind::PltRelative => RelocationKind::PltRelative,
        Kind::GotRelative => RelocationKind::GotRelative,
        Kind::Got => RelocationKind::GotSlot,
        Kind::GotBaseOffset => RelocationKind::GotOffset,
        Kind::GotBaseRelative => RelocationKind::Got,
        _ => RelocationKind::Other(number(entry.flags())),
    };
    (kind, entry.size())
}

fn number(flags: RelocationFlags) -> u32 {
    match flags {
        RelocationFlags::Elf { r_type } => r_type.0,
        RelocationFlags::MachO { r_type, .. } => u32::from(r_type.0),
        RelocationFlags::Coff { typ } => u32::from(typ.0),
        _ => u32::MAX,
    }
}

/// Classes that `object` leaves open: System V ABI, AMD64 supplement, "Relocation Types".
fn elf_x86_64(r_type: elf::RelocationType) -> Option<(RelocationKind, u8)> {
    use RelocationKind::{Got, GotOffset, GotRelative, GotSlot, PltRelative, Relative, Tls};
    Some(match r_type {
        elf::R_X86_64_PC64 => (Relative, 64),
        elf::R_X86_64_PLTOFF64 => (PltRelative, 64),
        elf::R_X86_64_GOTPCREL64 => (GotRelative, 64),
        elf::R_X86_64_GOTOFF64 => (GotOffset, 64),
        elf::R_X86_64_GOTPC64 => (Got, 64),
        elf::R_X86_64_GOTPC32 => (Got, 32),
        elf::R_X86_64_GOT64 => (GotSlot, 64),
        elf::R_X86_64_GOT32 => (GotSlot, 32),
        elf::R_X86_64_TLSGD
        | elf::R_X86_64_TLSLD
        | elf::R_X86_64_DTPOFF32
        | elf::R_X86_64_GOTTPOFF
        | elf::R_X86_64_TPOFF32
        | elf::R_X86_64_GOTPC32_TLSDESC => (Tls, 32),
        elf::R_X86_64_DTPMOD64 | elf::R_X86_64_DTPOFF64 | elf::R_X86_64_TPOFF64 => (Tls, 64),
        elf::R_X86_64_TLSDESC_CALL => (Tls, 0),
        _ => return None,
    })
}

/// Classes that `object` leaves open: System V ABI, Intel386 supplement.
fn elf_i386(r_type: elf::RelocationType) -> Option<(RelocationKind, u8)> {
    use RelocationKind::{GotSlot, Tls};
    Some(match r_type {
        elf::R_386_GOT32X => (GotSlot, 32),
        elf::R_386_TLS_TPOFF
        | elf::R_386_TLS_IE
        | elf::R_386_TLS_GOTIE
        | elf::R_386_TLS_LE
        | elf::R_386_TLS_GD
        | elf::R_386_TLS_LDM
        | elf::R_386_TLS_LDO_32
        | elf::R_386_TLS_IE_32
        | elf::R_386_TLS_LE_32
        | elf::R_386_TLS_GOTDESC => (Tls, 32),
        elf::R_386_TLS_DESC_CALL => (Tls, 0),
        _ => return None,
    })
}

/// The section whose places are relocated.
struct Place<'data> {
    data: &'data [u8],
    address: u64,
    /// For Mach-O, its architecture.
    macho: Option<Architecture>,
    is_little_endian: bool,
}

impl Place<'_> {
    fn addend(
        &self,
        offset: u64,
        size: u8,
        kind: RelocationKind,
        entry: &object::Relocation,
        target: RelocationTarget,
        sections: &[Section],
    ) -> i64 {
        if !entry.has_implicit_addend() {
            return entry.addend();
        }
        let stored = self.stored(offset, size);
        match (target, self.macho) {
            // The place holds the target's address as laid out in the object itself.
            (RelocationTarget::Section(section), Some(_)) => {
                let base = sections.get(section.0 as usize).map_or(0, |s| s.address);
                stored
                    .wrapping_sub(base.cast_signed())
                    .wrapping_add(self.origin(offset, kind))
            }
            // On i386 an undefined target counts as laid out at 0.
            (_, Some(Architecture::I386)) => stored.wrapping_add(self.origin(offset, kind)),
            _ => stored.wrapping_add(entry.addend()),
        }
    }

    /// What a relative place has been reckoned from, in the object's own layout.
    fn origin(&self, offset: u64, kind: RelocationKind) -> i64 {
        match kind {
            RelocationKind::Absolute => 0,
            _ => self.address.wrapping_add(offset).cast_signed(),
        }
    }

    /// The value in the place, sign-extended; 0 outside the section.
    fn stored(&self, offset: u64, size: u8) -> i64 {
        let width = usize::from(size / 8).min(8);
        let value = usize::try_from(offset)
            .ok()
            .and_then(|start| self.data.get(start..start.checked_add(width)?))
            .unwrap_or_default();
        let mut wide = [0; 8];
        for (i, byte) in value.iter().enumerate() {
            let i = if self.is_little_endian {
                i
            } else {
                value.len() - 1 - i
            };
            wide[i] = *byte;
        }
        let unused = 64 - 8 * value.len();
        if unused == 64 {
            return 0;
        }
        (i64::from_le_bytes(wide) << unused) >> unused
    }
}
