//! Addresses for an image that has none: sections apart from one another,
//! symbols from elsewhere, and a global offset table.

use std::collections::HashMap;

use crate::inputs::{
    Image, ImageSymbol, ObjectKind, Place, Relocation, RelocationKind, RelocationTarget, Resolved,
    SectionId, SymbolIndex,
};
use crate::machine::Reference;

/// Where the first section goes. All addresses fit in 31 bits, as code that
/// stores them in 32 bits expects, unless the image is larger than that.
const FIRST: u64 = 0x1000_0000;
/// Sections begin at multiples of this, with as much between them.
const GAP: u64 = 0x1_0000;
/// What lies between two symbols from elsewhere.
const EXTERNAL_SIZE: u64 = 0x1000;

/// Made-up addresses, both ways.
pub struct Layout<'image> {
    image: &'image Image,
    /// Start of each section; of those that are not in memory too.
    starts: Vec<u64>,
    /// The sections that are in memory by address: start, end, section.
    extents: Vec<(u64, u64, SectionId)>,
    externals: Externals<'image>,
    /// The first number of each object's symbols in the table.
    first_symbol: Vec<u64>,
    table: u64,
    table_end: u64,
    /// The bytes of an entry of the table.
    word: u64,
}

/// Symbols that the image does not define, one address a name.
struct Externals<'image> {
    start: u64,
    numbers: HashMap<&'image str, u64>,
    symbols: Vec<ImageSymbol>,
}

impl<'image> Layout<'image> {
    /// Lays an image out. Final images keep their linker's addresses if there
    /// is one object only.
    #[must_use]
    pub fn new(image: &'image Image) -> Self {
        let mut layout = Self {
            image,
            starts: Vec::new(),
            extents: Vec::new(),
            externals: Externals {
                start: 0,
                numbers: HashMap::new(),
                symbols: Vec::new(),
            },
            first_symbol: Vec::new(),
            table: 0,
            table_end: 0,
            word: image.set_of(SectionId(0)).word().into(),
        };
        let end = layout.place_sections();
        let end = layout.externals.collect(image, end);
        layout.number_symbols(end);
        layout
    }

    fn place_sections(&mut self) -> u64 {
        let is_final = matches!(
            self.image.objects(),
            [object] if object.kind != ObjectKind::Relocatable
        );
        let mut next = FIRST;
        for number in 0..self.image.section_count() as u32 {
            let id = SectionId(number);
            let Some(section) = self.image.section(id) else {
                continue;
            };
            let start = if is_final { section.address } else { next };
            self.starts.push(start);
            if section.flags.alloc && section.size > 0 {
                let end = start.saturating_add(section.size);
                self.extents.push((start, end, id));
                next = next.max(end).next_multiple_of(GAP).saturating_add(GAP);
            }
        }
        self.extents.sort_unstable();
        next
    }

    fn number_symbols(&mut self, start: u64) {
        self.table = start;
        let mut next = 0;
        for object in self.image.objects() {
            self.first_symbol.push(next);
            next += object.symbols.len() as u64;
        }
        self.table_end = start + self.word * next;
    }

    /// The image that is laid out.
    #[must_use]
    pub fn image(&self) -> &'image Image {
        self.image
    }

    /// The address of a place.
    #[must_use]
    pub fn address_of(&self, place: Place) -> u64 {
        let start = self.starts.get(place.section.0 as usize);
        start
            .copied()
            .unwrap_or_default()
            .wrapping_add(place.offset as u64)
    }

    /// The place at an address.
    #[must_use]
    pub fn place_of(&self, address: u64) -> Option<Place> {
        let next = self
            .extents
            .partition_point(|&(start, _, _)| start <= address);
        let &(start, end, section) = self.extents.get(next.checked_sub(1)?)?;
        (address < end).then_some(Place {
            section,
            offset: (address - start) as i64,
        })
    }

    /// The address of a symbol from elsewhere; 0 for one that the image defines.
    #[must_use]
    pub fn external(&self, symbol: ImageSymbol) -> u64 {
        let number = self
            .image
            .symbol(symbol)
            .and_then(|symbol| self.externals.numbers.get(symbol.name.as_str()));
        number.map_or(0, |&number| self.externals.start + EXTERNAL_SIZE * number)
    }

    /// The symbol from elsewhere that is at exactly this address.
    #[must_use]
    pub fn external_at(&self, address: u64) -> Option<ImageSymbol> {
        let distance = address.checked_sub(self.externals.start)?;
        let number = usize::try_from(distance / EXTERNAL_SIZE).ok()?;
        let symbol = self.externals.symbols.get(number)?;
        (distance % EXTERNAL_SIZE == 0).then_some(*symbol)
    }

    /// Whether an address belongs to a symbol from elsewhere, or to the global offset table.
    #[must_use]
    pub fn is_foreign(&self, address: u64) -> bool {
        (self.externals.start..self.table_end).contains(&address)
    }

    /// The address that a reference stands for.
    #[must_use]
    pub fn resolve(&self, reference: Reference) -> u64 {
        match reference {
            Reference::Place(place) => self.address_of(place),
            Reference::External(symbol, addend) => {
                self.external(symbol).wrapping_add(addend as u64)
            }
            Reference::Got => self.table,
            Reference::GotEntry(symbol) => self.table_entry(symbol),
        }
    }

    fn table_entry(&self, symbol: ImageSymbol) -> u64 {
        let first = self.first_symbol.get(symbol.object as usize);
        let number = first.copied().unwrap_or_default() + u64::from(symbol.symbol.0);
        self.table + self.word * number
    }

    fn symbol_numbered(&self, number: u64) -> Option<ImageSymbol> {
        let next = self.first_symbol.partition_point(|&first| first <= number);
        let object = next.checked_sub(1)?;
        let first = *self.first_symbol.get(object)?;
        Some(ImageSymbol {
            object: object as u32,
            symbol: SymbolIndex((number - first) as u32),
        })
    }

    fn address_of_resolved(&self, resolved: Resolved) -> u64 {
        match resolved {
            Resolved::Place(place) => self.address_of(place),
            Resolved::External(symbol) => self.external(symbol),
            Resolved::Absolute(number) => number,
        }
    }

    /// Overwrites the part of `bytes` that the image defines; `start` is their address.
    pub(super) fn fill(&self, start: u64, bytes: &mut [u8]) {
        let end = start.saturating_add(bytes.len() as u64);
        let first = self.extents.partition_point(|&(from, _, _)| from < start);
        // A section that begins before may reach in.
        let first = first.saturating_sub(1);
        for &(from, to, id) in self.extents.get(first..).unwrap_or_default() {
            if from >= end {
                break;
            }
            if to > start {
                self.fill_section(start, bytes, (from, to, id));
            }
        }
        if start < self.table_end && end > self.table {
            self.fill_table(start, bytes);
        }
    }

    fn fill_section(&self, start: u64, bytes: &mut [u8], extent: (u64, u64, SectionId)) {
        let (from, to, id) = extent;
        let Some(section) = self.image.section(id) else {
            return;
        };
        let end = start.saturating_add(bytes.len() as u64);
        for address in from.max(start)..to.min(end) {
            let byte = section.data.get((address - from) as usize);
            // What the file does not hold is zero.
            put(start, bytes, address, &[byte.copied().unwrap_or_default()]);
        }
        let low = start.saturating_sub(from).saturating_sub(8);
        let first = section.relocations.partition_point(|r| r.offset < low);
        for relocation in section.relocations.get(first..).unwrap_or_default() {
            if from.saturating_add(relocation.offset) >= end {
                break;
            }
            self.apply(start, bytes, id, relocation);
        }
    }

    fn apply(&self, start: u64, bytes: &mut [u8], section: SectionId, relocation: &Relocation) {
        let address = self.address_of(Place {
            section,
            offset: relocation.offset as i64,
        });
        let Some(value) = self.relocated(section, relocation, address) else {
            return;
        };
        let size = usize::from(relocation.size / 8).min(8);
        if let Some(value) = value.to_le_bytes().get(..size) {
            put(start, bytes, address, value);
        }
    }

    /// The number that a relocated place holds.
    fn relocated(&self, section: SectionId, relocation: &Relocation, at: u64) -> Option<u64> {
        let object = self.image.object_of(section)?;
        let target = self.image.relocation_target(object, relocation.target)?;
        let target = self.address_of_resolved(target);
        let addend = relocation.addend as u64;
        match relocation.kind {
            RelocationKind::Absolute => Some(target.wrapping_add(addend)),
            RelocationKind::Relative | RelocationKind::PltRelative => {
                Some(target.wrapping_add(addend).wrapping_sub(at))
            }
            RelocationKind::GotRelative => {
                let RelocationTarget::Symbol(symbol) = relocation.target else {
                    return None;
                };
                let entry = self.table_entry(ImageSymbol { object, symbol });
                Some(entry.wrapping_add(addend).wrapping_sub(at))
            }
            RelocationKind::GotOffset => Some(target.wrapping_add(addend).wrapping_sub(self.table)),
            _ => None,
        }
    }

    fn fill_table(&self, start: u64, bytes: &mut [u8]) {
        let first = start.saturating_sub(self.table) / self.word;
        let end = start.saturating_add(bytes.len() as u64).min(self.table_end);
        let last = end.saturating_sub(self.table).div_ceil(self.word);
        for number in first..last {
            let resolved = self
                .symbol_numbered(number)
                .and_then(|symbol| self.image.resolve(symbol));
            if let Some(resolved) = resolved {
                let value = self.address_of_resolved(resolved).to_le_bytes();
                let value = value.get(..self.word as usize).unwrap_or_default();
                put(start, bytes, self.table + self.word * number, value);
            }
        }
    }
}

impl<'image> Externals<'image> {
    /// Numbers the names, and returns the first address behind them.
    fn collect(&mut self, image: &'image Image, start: u64) -> u64 {
        self.start = start;
        for (id, symbol) in image.symbols() {
            if !matches!(image.resolve(id), Some(Resolved::External(_))) {
                continue;
            }
            let next = self.symbols.len() as u64;
            self.numbers.entry(&symbol.name).or_insert_with(|| {
                self.symbols.push(id);
                next
            });
        }
        start + EXTERNAL_SIZE * self.symbols.len() as u64
    }
}

/// Puts what of `value` falls into `bytes`, which begin at `start`.
fn put(start: u64, bytes: &mut [u8], address: u64, value: &[u8]) {
    for (i, &byte) in (0..).zip(value) {
        let offset = address.wrapping_add(i).wrapping_sub(start);
        let slot = usize::try_from(offset).ok();
        if let Some(slot) = slot.and_then(|offset| bytes.get_mut(offset)) {
            *slot = byte;
        }
    }
}
