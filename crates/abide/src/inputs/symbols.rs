//! The symbol tables of an object.

use object::read::{ObjectSymbol as _, SymbolSection};
use object::{SymbolFlags, SymbolScope, elf};

use super::parse::{Budget, Damage, section_index};
use super::{Binding, Section, Symbol, SymbolIndex, SymbolKind, SymbolPlace, Visibility};

/// From the file's symbol numbers to the model's.
///
/// They differ: ELF counts a null entry, COFF auxiliary entries, Mach-O debugging entries.
#[derive(Default)]
pub(super) struct SymbolMap(Vec<Option<SymbolIndex>>);

impl SymbolMap {
    /// The model's index of the symbol that the file calls `index`.
    pub(super) fn get(&self, index: object::SymbolIndex) -> Option<SymbolIndex> {
        *self.0.get(index.0)?
    }

    fn insert(&mut self, raw: usize, index: SymbolIndex) {
        // The file's numbers rise, and none exceeds the number of entries that the file holds.
        if self.0.len() <= raw {
            self.0.resize(raw + 1, None);
        }
        if let Some(slot) = self.0.get_mut(raw) {
            *slot = Some(index);
        }
    }
}

/// Reads one symbol table.
pub(super) fn table<'data, 'file>(
    entries: object::read::SymbolIterator<'data, 'file>,
    sections: &[Section],
    budget: &mut Budget,
) -> Result<(Vec<Symbol>, SymbolMap), Damage> {
    let mut symbols = Vec::new();
    let mut map = SymbolMap::default();
    for entry in entries {
        let index = u32::try_from(symbols.len()).map_err(|_| Damage("too many symbols".into()))?;
        map.insert(entry.index().0, SymbolIndex(index));
        symbols.push(symbol(&entry, sections, budget)?);
    }
    Ok((symbols, map))
}

fn symbol(
    entry: &object::read::Symbol<'_, '_>,
    sections: &[Section],
    budget: &mut Budget,
) -> Result<Symbol, Damage> {
    let place = place(entry, sections);
    let size = entry.size();
    Ok(Symbol {
        name: budget.name(entry.name_bytes()?)?,
        kind: kind(entry, is_code(place, sections)),
        binding: binding(entry),
        visibility: visibility(entry),
        place,
        value: match place {
            // Symbols of linker scripts may lie before the section that they are said to be in.
            SymbolPlace::Section(section) => sections
                .get(section.0 as usize)
                .map_or(0, |section| entry.address().wrapping_sub(section.address)),
            SymbolPlace::Common => size,
            SymbolPlace::Undefined | SymbolPlace::Absolute => entry.address(),
        },
        size,
    })
}

fn place(entry: &object::read::Symbol<'_, '_>, sections: &[Section]) -> SymbolPlace {
    match entry.section() {
        SymbolSection::Undefined => SymbolPlace::Undefined,
        SymbolSection::Common => SymbolPlace::Common,
        // Tools that rewrite images (BOLT) leave symbols of sections that are gone.
        SymbolSection::Section(index) => section_index(index)
            .filter(|index| (index.0 as usize) < sections.len())
            .map_or(SymbolPlace::Absolute, SymbolPlace::Section),
        _ => SymbolPlace::Absolute,
    }
}

fn is_code(place: SymbolPlace, sections: &[Section]) -> bool {
    let SymbolPlace::Section(section) = place else {
        return false;
    };
    let section = sections.get(section.0 as usize);
    section.is_some_and(|section| section.flags.execute)
}

fn kind(entry: &object::read::Symbol<'_, '_>, is_code: bool) -> SymbolKind {
    if let SymbolFlags::Elf { st_info, .. } = entry.flags() {
        return match st_info.st_type() {
            elf::STT_NOTYPE => SymbolKind::Untyped,
            elf::STT_OBJECT | elf::STT_COMMON => SymbolKind::Object,
            elf::STT_FUNC => SymbolKind::Function,
            elf::STT_SECTION => SymbolKind::Section,
            elf::STT_FILE => SymbolKind::File,
            elf::STT_TLS => SymbolKind::Tls,
            elf::STT_GNU_IFUNC => SymbolKind::IndirectFunction,
            _ => SymbolKind::Other,
        };
    }
    match entry.kind() {
        object::SymbolKind::Text => SymbolKind::Function,
        // COFF knows functions and what are none; few assemblers say it.
        object::SymbolKind::Data if is_code => SymbolKind::Untyped,
        object::SymbolKind::Data => SymbolKind::Object,
        object::SymbolKind::Section => SymbolKind::Section,
        object::SymbolKind::File => SymbolKind::File,
        object::SymbolKind::Tls => SymbolKind::Tls,
        object::SymbolKind::Unknown | object::SymbolKind::Label => SymbolKind::Untyped,
        _ => SymbolKind::Other,
    }
}

fn binding(entry: &object::read::Symbol<'_, '_>) -> Binding {
    if let SymbolFlags::Elf { st_info, .. } = entry.flags() {
        return match st_info.st_bind() {
            elf::STB_LOCAL => Binding::Local,
            elf::STB_WEAK => Binding::Weak,
            elf::STB_GNU_UNIQUE => Binding::Unique,
            _ => Binding::Global,
        };
    }
    if entry.is_weak() {
        Binding::Weak
    } else if entry.is_local() {
        Binding::Local
    } else {
        Binding::Global
    }
}

fn visibility(entry: &object::read::Symbol<'_, '_>) -> Visibility {
    match entry.flags() {
        SymbolFlags::Elf { st_other, .. } => match st_other.visibility() {
            elf::STV_INTERNAL => Visibility::Internal,
            elf::STV_HIDDEN => Visibility::Hidden,
            elf::STV_PROTECTED => Visibility::Protected,
            _ => Visibility::Default,
        },
        // Mach-O's private external symbols.
        SymbolFlags::MachO { .. } if entry.scope() == SymbolScope::Linkage => Visibility::Hidden,
        _ => Visibility::Default,
    }
}
