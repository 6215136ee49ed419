//! Debug sections with their relocations applied.

use std::borrow::Cow;

use gimli::{DwarfSections, RunTimeEndian, SectionId};
use object::read::{Object as _, ObjectSection as _};

use super::{Object, ObjectKind, RelocationKind, RelocationTarget, SectionIndex, SymbolPlace};

/// A compressed section larger than this many times its stored size is not honest: zlib
/// reaches 1032 at most.
const LARGEST_RATIO: u64 = 1032;

/// An address for each section, so that debug information can name places by one number.
///
/// An address in abide is (object, section, offset); this layout lives only while line
/// tables are looked up. In a relocatable object the sections stand one after another.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    /// By section: its start and size; `None` for what is not in memory.
    starts: Vec<Option<(u64, u64)>>,
}

impl Layout {
    pub(super) fn of(object: &Object) -> Self {
        let relocatable = object.kind == ObjectKind::Relocatable;
        let mut next = 0x1000_u64;
        let starts = object.sections.iter().map(|section| {
            if !section.flags.alloc {
                return None;
            }
            let start = if relocatable { next } else { section.address };
            // The gap keeps the end of one section apart from the start of the next.
            next = next.saturating_add(section.size).saturating_add(16);
            Some((start, section.size))
        });
        Self {
            starts: starts.collect(),
        }
    }

    pub(super) fn address(&self, section: SectionIndex, offset: u64) -> Option<u64> {
        let (start, size) = (*self.starts.get(section.0 as usize)?)?;
        (offset <= size).then(|| start.wrapping_add(offset))
    }

    fn place_at(&self, address: u64) -> Option<(SectionIndex, u64)> {
        let starts = (0..).zip(&self.starts);
        let inside = starts.filter_map(|(index, start)| {
            let (start, size) = (*start)?;
            let offset = address.checked_sub(start)?;
            (offset < size).then_some((SectionIndex(index), offset))
        });
        inside.last()
    }

    /// Debug sections refer to each other by offset: they all start at 0.
    fn start(&self, section: SectionIndex) -> u64 {
        let start = self.starts.get(section.0 as usize);
        start.copied().flatten().map_or(0, |(start, _)| start)
    }
}

/// Loads the sections of the line tables; `None` where there is no `.debug_line`.
pub(super) fn load(
    object: &Object,
    layout: &Layout,
) -> Option<(DwarfSections<Vec<u8>>, RunTimeEndian)> {
    let file = object::File::parse(&*object.data).ok()?;
    file.section_by_name(".debug_line")?;
    let endian = endian_of(&file);
    let sections = DwarfSections::load(|id| {
        let wanted = super::lines::SECTIONS.contains(&id);
        let section = wanted
            .then(|| load_one(object, &file, id, layout))
            .flatten();
        Ok::<_, ()>(section.unwrap_or_default())
    });
    Some((sections.ok()?, endian))
}

/// The sections of an object's debug information.
pub struct DebugSections {
    /// Their bytes.
    pub sections: DwarfSections<Vec<u8>>,
    /// The order of bytes in a number.
    pub endian: RunTimeEndian,
    layout: Layout,
}

impl DebugSections {
    /// Loads them, where an object has any.
    #[must_use]
    pub fn of(object: &Object) -> Option<Self> {
        let layout = Layout::of(object);
        let (sections, endian) = load(object, &layout)?;
        Some(Self {
            sections,
            endian,
            layout,
        })
    }

    /// What lies at an address that they tell: a section, and how far into it.
    #[must_use]
    pub fn place_at(&self, address: u64) -> Option<(SectionIndex, u64)> {
        self.layout.place_at(address)
    }
}

/// A section's bytes with their relocations applied.
pub(super) fn relocated(
    object: &Object,
    index: SectionIndex,
    layout: &Layout,
) -> Option<(Vec<u8>, RunTimeEndian)> {
    let file = object::File::parse(&*object.data).ok()?;
    let section = object.sections.get(index.0 as usize)?;
    let mut data = section.data.to_vec();
    if object.kind == ObjectKind::Relocatable {
        relocate(&mut data, object, index, layout, file.is_little_endian());
    }
    Some((data, endian_of(&file)))
}

fn endian_of(file: &object::File<'_>) -> RunTimeEndian {
    if file.is_little_endian() {
        RunTimeEndian::Little
    } else {
        RunTimeEndian::Big
    }
}

fn load_one(
    object: &Object,
    file: &object::File<'_>,
    id: SectionId,
    layout: &Layout,
) -> Option<Vec<u8>> {
    let section = file.section_by_name(id.name())?;
    let mut data = decompressed(&section)?.into_owned();
    let index = super::parse::section_index(section.index())?;
    if object.kind == ObjectKind::Relocatable {
        relocate(&mut data, object, index, layout, file.is_little_endian());
    }
    Some(data)
}

fn decompressed<'data>(section: &object::read::Section<'data, '_>) -> Option<Cow<'data, [u8]>> {
    let compressed = section.compressed_data().ok()?;
    let stored = compressed.data.len() as u64;
    (compressed.uncompressed_size <= stored.saturating_mul(LARGEST_RATIO))
        .then(|| compressed.decompress().ok())
        .flatten()
}

fn relocate(
    data: &mut [u8],
    object: &Object,
    section: SectionIndex,
    layout: &Layout,
    is_little_endian: bool,
) {
    let start = layout.start(section);
    let relocations = object.sections.get(section.0 as usize);
    for relocation in relocations.iter().flat_map(|section| &section.relocations) {
        let from = match relocation.kind {
            RelocationKind::Absolute => 0,
            RelocationKind::Relative | RelocationKind::PltRelative => {
                start.wrapping_add(relocation.offset)
            }
            _ => continue,
        };
        let value = target(object, relocation.target, layout)
            .wrapping_add(relocation.addend.cast_unsigned())
            .wrapping_sub(from);
        let mut bytes = value.to_le_bytes();
        let width = usize::from(relocation.size / 8).min(bytes.len());
        let bytes = &mut bytes[..width];
        if !is_little_endian {
            bytes.reverse();
        }
        let place = usize::try_from(relocation.offset)
            .ok()
            .and_then(|start| data.get_mut(start..start.checked_add(width)?));
        if let Some(place) = place {
            place.copy_from_slice(bytes);
        }
    }
}

fn target(object: &Object, target: RelocationTarget, layout: &Layout) -> u64 {
    match target {
        RelocationTarget::Section(section) => layout.start(section),
        RelocationTarget::Symbol(index) => {
            let Some(symbol) = object.symbols.get(index.0 as usize) else {
                return 0;
            };
            match symbol.place {
                SymbolPlace::Section(section) => layout.start(section).wrapping_add(symbol.value),
                _ => symbol.value,
            }
        }
        RelocationTarget::Absolute => 0,
    }
}
