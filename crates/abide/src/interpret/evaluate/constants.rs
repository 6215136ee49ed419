//! What the image holds for good: constants, tables of them, and the addresses of its places.

use super::{At, Evaluator};
use crate::inputs::{ImageSymbol, Place, RelocationKind, Resolved};
use crate::interpret::numbers::Entries;
use crate::interpret::terms::{Base, Value};
use crate::machine::Reference;

impl Evaluator<'_> {
    pub(super) fn reference(&mut self, reference: Reference) -> Value {
        match reference {
            Reference::Place(place) => {
                let section = self.image.section(place.section);
                let align = section.map_or(1, |section| section.align);
                self.terms.place_aligned(place, align)
            }
            Reference::External(symbol, addend) => {
                self.terms.base(Base::External(symbol)).plus(addend)
            }
            Reference::Got => self.terms.base(Base::Got),
            Reference::GotEntry(symbol) => self.terms.base(Base::GotEntry(symbol)),
        }
    }

    /// Memory that does not change: a GOT entry, a read-only section.
    pub(super) fn load_constant(&mut self, at: At, address: Value, bits: u16) -> Option<Value> {
        if let Some(Base::GotEntry(symbol)) = self.terms.as_base(address) {
            return self.address_of(symbol);
        }
        let (section, exact) = self.section_of(address)?;
        if bits > 64 || !self.is_constant(section.section) {
            return None;
        }
        if !exact {
            let value = self.terms.base(Base::Memory(address, (bits / 8) as u8));
            self.readers.entry(value.term).or_default().insert(at.place);
            self.list_entries(at, address, value, bits);
            return Some(value);
        }
        self.constant_at(section, bits as u8)
    }

    /// Lists what is read from a table of numbers.
    fn list_entries(&mut self, at: At, address: Value, read: Value, bits: u16) {
        self.read_table = true;
        let (Some(boundaries), Some(base)) = (&self.tables, self.terms.sole_base(read)) else {
            return;
        };
        let bytes = (bits / 8) as u8;
        if let Some(entries) = Entries::of(self.image, boundaries, &self.terms, address, bytes) {
            let assumed = entries.assumed(at.place);
            self.record.assumptions.table_bound.insert(assumed);
            self.terms.list(base, entries.numbers);
        }
    }

    fn address_of(&mut self, symbol: ImageSymbol) -> Option<Value> {
        match self.image.resolve(symbol)? {
            Resolved::Place(place) => Some(self.terms.place(place)),
            Resolved::External(symbol) => Some(self.terms.base(Base::External(symbol))),
            Resolved::Absolute(number) => Some(Value::constant(number)),
        }
    }

    /// The section that an address lies in, and whether its offset is a number.
    pub(super) fn section_of(&self, address: Value) -> Option<(Place, bool)> {
        let parts = self.terms.parts(address.term);
        let sections = parts
            .iter()
            .filter_map(|&(base, factor)| match self.terms.get(base) {
                Base::Section(section) if factor == 1 => Some(section),
                _ => None,
            });
        let mut sections = sections.fuse();
        let section = sections.next()?;
        if sections.next().is_some() {
            return None;
        }
        let place = Place {
            section,
            offset: address.offset,
        };
        Some((place, parts.len() == 1))
    }

    fn is_constant(&self, section: crate::inputs::SectionId) -> bool {
        self.image
            .section(section)
            .is_some_and(|section| !section.flags.write || section.name.starts_with(".data.rel.ro"))
    }

    /// What stands at a place of constant memory.
    pub(in crate::interpret) fn constant_at(&mut self, place: Place, bits: u8) -> Option<Value> {
        if let Some(relocation) = self.image.relocation_at(place) {
            if bits != self.terms.word_bits() || relocation.kind != RelocationKind::Absolute {
                return None;
            }
            return match self.image.follow(place, relocation, 0)? {
                Resolved::Place(place) => Some(self.terms.place(place)),
                Resolved::External(symbol) => Some(
                    self.terms
                        .base(Base::External(symbol))
                        .plus(relocation.addend),
                ),
                Resolved::Absolute(number) => Some(Value::constant(number)),
            };
        }
        let end = place.offset.saturating_add(i64::from(bits / 8));
        if self.image.is_relocated(place, end) {
            return None;
        }
        let number = self.image.number_at(place, bits / 8)?;
        Some(Value::constant(number))
    }

    /// Whether a value is an address that the unit computes from its own code and tables.
    #[must_use]
    pub(in crate::interpret) fn is_own_code(&self, value: Value) -> bool {
        self.terms
            .parts(value.term)
            .iter()
            .any(|&(base, _)| match self.terms.get(base) {
                Base::Section(section) => self
                    .image
                    .section(section)
                    .is_some_and(|section| section.flags.execute),
                Base::Memory(..) | Base::Phi { .. } => true,
                _ => false,
            })
    }
}
