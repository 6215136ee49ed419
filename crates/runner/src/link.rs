//! Addresses for the assembly of a unit, and the bytes that lie there.
//!
//! What assembly refers to is linked with it, data of other languages too.
//! Their code is given addresses and no bytes, as are symbols from elsewhere:
//! who calls there is answered by the guard.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use abide::conventions::{is_stack_probe, never_returns};
use abide::inputs::{
    Image, ImageSymbol, Language, Place, Relocation, RelocationKind, RelocationTarget, Resolved,
    SectionId,
};

use crate::place::{IMAGE, PAGE};

/// What lies between two functions from elsewhere, in bytes.
const APART: u64 = 64;

/// A section with its addresses.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// The first address.
    pub start: u64,
    /// The address behind it.
    pub end: u64,
    /// The section.
    pub section: SectionId,
}

/// A unit with addresses.
pub struct Linked<'image> {
    image: &'image Image,
    /// Assembly.
    pub code: Vec<Extent>,
    /// What it reads and writes.
    pub data: Vec<Extent>,
    starts: HashMap<SectionId, u64>,
    externals: BTreeMap<String, u64>,
    table: BTreeMap<ImageSymbol, u64>,
    /// Where the offset table begins.
    pub table_start: u64,
    /// Where functions are that have no bytes.
    pub elsewhere: std::ops::Range<u64>,
    /// Those of them that never return.
    pub never_return: Vec<u64>,
    /// Those of them that touch the stack for a large frame.
    pub probes: Vec<u64>,
}

impl<'image> Linked<'image> {
    /// Links the assembly of an image.
    #[must_use]
    pub fn new(image: &'image Image) -> Self {
        let mut linked = Self {
            image,
            code: Vec::new(),
            data: Vec::new(),
            starts: HashMap::new(),
            externals: BTreeMap::new(),
            table: BTreeMap::new(),
            table_start: 0,
            elsewhere: 0..0,
            never_return: Vec::new(),
            probes: Vec::new(),
        };
        let needed = needed(image);
        let next = linked.place_code(&needed);
        let next = linked.place_data(&needed, next);
        let next = linked.place_table(&needed, next);
        linked.place_elsewhere(&needed, next);
        linked
    }

    /// The width of its code's addresses, in bits.
    pub(crate) fn bits(&self) -> u32 {
        self.image.set_of(SectionId(0)).bits().into()
    }

    /// Code first and close together, so that notes about it are short.
    fn place_code(&mut self, needed: &Needed) -> u64 {
        let mut next = IMAGE;
        for &section in &needed.sections {
            if is_code(self.image, section) && !is_compiled(self.image, section) {
                let extent = self.place(section, next);
                self.code.push(extent);
                next = extent.end.next_multiple_of(PAGE) + PAGE;
            }
        }
        next
    }

    fn place_data(&mut self, needed: &Needed, mut next: u64) -> u64 {
        for &section in &needed.sections {
            if !is_code(self.image, section) {
                let extent = self.place(section, next);
                self.data.push(extent);
                next = extent.end.next_multiple_of(PAGE) + PAGE;
            }
        }
        next
    }

    fn place_table(&mut self, needed: &Needed, start: u64) -> u64 {
        self.table_start = start;
        let entries = (start..).step_by(8).zip(&needed.table);
        self.table = entries.map(|(entry, &symbol)| (symbol, entry)).collect();
        (start + 8 * self.table.len() as u64).next_multiple_of(PAGE) + PAGE
    }

    fn place_elsewhere(&mut self, needed: &Needed, start: u64) {
        let mut next = start;
        for &section in &needed.sections {
            if is_code(self.image, section) && is_compiled(self.image, section) {
                next = self.place(section, next).end.next_multiple_of(APART);
            }
        }
        for name in &needed.externals {
            if never_returns(name) {
                self.never_return.push(next);
            }
            if is_stack_probe(name) {
                self.probes.push(next);
            }
            self.externals.insert(name.clone(), next);
            next += APART;
        }
        self.elsewhere = start..next;
    }

    fn place(&mut self, section: SectionId, at: u64) -> Extent {
        let data = self.image.section(section);
        let (size, align) = data.map_or((0, 1), |data| (data.size, data.align.max(1)));
        let start = at.next_multiple_of(align);
        self.starts.insert(section, start);
        let end = start + size;
        Extent {
            start,
            end,
            section,
        }
    }

    /// The address of a place, if it was linked.
    #[must_use]
    pub fn address_of(&self, place: Place) -> Option<u64> {
        let start = self.starts.get(&place.section)?;
        Some(start.wrapping_add(place.offset as u64))
    }

    /// The addresses of those places that were linked.
    pub fn addresses_of(&self, places: impl Iterator<Item = Place>) -> impl Iterator<Item = u64> {
        places.filter_map(|place| self.address_of(place))
    }

    /// The place in assembly at an address.
    #[must_use]
    pub fn place_of(&self, address: u64) -> Option<Place> {
        let next = self.code.partition_point(|extent| extent.start <= address);
        let extent = self.code.get(next.checked_sub(1)?)?;
        (address < extent.end).then(|| Place {
            section: extent.section,
            offset: (address - extent.start) as i64,
        })
    }

    /// Whether a program may not write to a section, once it runs.
    #[must_use]
    pub fn is_constant(&self, section: SectionId) -> bool {
        self.image
            .section(section)
            .is_none_or(|data| !data.flags.write || data.name.starts_with(".data.rel.ro"))
    }

    /// All addresses that the image has.
    #[must_use]
    pub fn addresses(&self) -> std::ops::Range<u64> {
        IMAGE..self.elsewhere.end
    }

    /// The addresses of assembly.
    #[must_use]
    pub fn code_addresses(&self) -> std::ops::Range<u64> {
        IMAGE..self.code.last().map_or(IMAGE, |extent| extent.end)
    }

    /// The bytes of a section, its relocated places filled in.
    #[must_use]
    pub fn bytes(&self, extent: Extent) -> Vec<u8> {
        let Some(section) = self.image.section(extent.section) else {
            return Vec::new();
        };
        let mut bytes = section.data.to_vec();
        bytes.resize((extent.end - extent.start) as usize, 0);
        for relocation in &section.relocations {
            let at = extent.start.wrapping_add(relocation.offset);
            let value = self.relocated(extent.section, relocation, at);
            let start = relocation.offset as usize;
            let size = usize::from(relocation.size / 8).min(8);
            let place = bytes.get_mut(start..start.saturating_add(size));
            if let (Some(value), Some(place)) = (value, place) {
                place.copy_from_slice(&value.to_le_bytes()[..size]);
            }
        }
        bytes
    }

    /// The offset table's bytes.
    #[must_use]
    pub fn table(&self) -> Vec<u8> {
        let entries = self.table.keys().map(|&symbol| {
            let target = self.image.resolve(symbol);
            target.and_then(|target| self.address_of_resolved(target))
        });
        entries
            .flat_map(|address| address.unwrap_or(0).to_le_bytes())
            .collect()
    }

    fn relocated(&self, section: SectionId, relocation: &Relocation, at: u64) -> Option<u64> {
        let object = self.image.object_of(section)?;
        let addend = relocation.addend as u64;
        let target = match (relocation.kind, relocation.target) {
            (
                RelocationKind::GotRelative | RelocationKind::GotSlot,
                RelocationTarget::Symbol(symbol),
            ) => *self.table.get(&ImageSymbol { object, symbol })?,
            _ => {
                let target = self.image.relocation_target(object, relocation.target)?;
                self.address_of_resolved(target)?
            }
        };
        let value = target.wrapping_add(addend);
        match relocation.kind {
            RelocationKind::Absolute => Some(value),
            // `_GLOBAL_OFFSET_TABLE_` is where the table begins.
            RelocationKind::Got => Some(self.table_start.wrapping_add(addend).wrapping_sub(at)),
            RelocationKind::GotOffset | RelocationKind::GotSlot => {
                Some(value.wrapping_sub(self.table_start))
            }
            RelocationKind::Relative
            | RelocationKind::PltRelative
            | RelocationKind::GotRelative => Some(value.wrapping_sub(at)),
            _ => None,
        }
    }

    fn address_of_resolved(&self, resolved: Resolved) -> Option<u64> {
        match resolved {
            Resolved::Place(place) => self.address_of(place),
            Resolved::Absolute(number) => Some(number),
            Resolved::External(symbol) => {
                let name = &self.image.symbol(symbol)?.name;
                self.externals.get(name).copied()
            }
        }
    }
}

/// What assembly refers to, directly and by way of data.
#[derive(Default)]
struct Needed {
    sections: BTreeSet<SectionId>,
    externals: BTreeSet<String>,
    table: BTreeSet<ImageSymbol>,
}

fn needed(image: &Image) -> Needed {
    let mut needed = Needed::default();
    let mut seen = HashSet::new();
    let mut open: Vec<SectionId> = (0..image.section_count() as u32)
        .map(SectionId)
        .filter(|&section| {
            let in_memory = image
                .section(section)
                .is_some_and(|data| data.flags.alloc && data.size > 0);
            in_memory && !is_compiled(image, section)
        })
        .collect();
    while let Some(section) = open.pop() {
        if seen.insert(section) {
            needed.sections.insert(section);
            // Code of other languages is not run: what it refers to is not needed.
            if !(is_code(image, section) && is_compiled(image, section)) {
                follow(image, section, &mut needed, &mut open);
            }
        }
    }
    needed
}

fn follow(image: &Image, section: SectionId, needed: &mut Needed, open: &mut Vec<SectionId>) {
    let (Some(data), Some(object)) = (image.section(section), image.object_of(section)) else {
        return;
    };
    for relocation in &data.relocations {
        if let (
            RelocationKind::GotRelative | RelocationKind::GotSlot,
            RelocationTarget::Symbol(symbol),
        ) = (relocation.kind, relocation.target)
        {
            needed.table.insert(ImageSymbol { object, symbol });
        }
        match image.relocation_target(object, relocation.target) {
            Some(Resolved::Place(place)) => open.push(place.section),
            Some(Resolved::External(symbol)) => {
                let symbol = image.symbol(symbol);
                needed
                    .externals
                    .extend(symbol.map(|symbol| symbol.name.clone()));
            }
            _ => {}
        }
    }
}

fn is_code(image: &Image, section: SectionId) -> bool {
    image
        .section(section)
        .is_some_and(|section| section.flags.execute)
}

fn is_compiled(image: &Image, section: SectionId) -> bool {
    let object = image.object_of(section);
    object
        .and_then(|object| image.objects().get(object as usize))
        .is_some_and(|object| matches!(object.language, Language::Rust | Language::C))
}
