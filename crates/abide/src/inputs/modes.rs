//! Code that the processor runs in another mode than that of its object.
//!
//! An object of 64 bits may hold code of 16 and 32: boot code, the start of another processor,
//! compatibility mode. Nothing in the object tells which, so that it must be said.

use rustc_hash::FxHashMap;

use super::{Place, SectionId};

/// In which mode which code runs.
#[derive(Debug, Clone, Default)]
pub struct Modes {
    areas: Vec<Area>,
    segments: FxHashMap<u16, u8>,
}

/// Code of one mode.
#[derive(Debug, Clone, Copy)]
pub struct Area {
    /// The section that it lies in.
    pub section: SectionId,
    /// Its first byte.
    pub from: i64,
    /// The byte behind it.
    pub to: i64,
    /// The mode, in bits.
    pub bits: u8,
}

impl Modes {
    /// The modes of areas, of which the last wins, and of segments by their selectors.
    #[must_use]
    pub fn new(areas: Vec<Area>, segments: impl Iterator<Item = (u16, u8)>) -> Self {
        Self {
            areas,
            segments: segments
                .map(|(selector, bits)| (descriptor(selector), bits))
                .collect(),
        }
    }

    /// Whether no code is declared.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.areas.is_empty()
    }

    /// The mode of the code at a place, in bits, where one is declared.
    #[must_use]
    pub fn at(&self, place: Place) -> Option<u8> {
        let mut areas = self.areas.iter().rev();
        let area = areas.find(|area| {
            area.section == place.section && (area.from..area.to).contains(&place.offset)
        });
        area.map(|area| area.bits)
    }

    /// The offset in its section up to which code surely is of the same mode as at a place.
    #[must_use]
    pub fn end_of_run(&self, place: Place) -> i64 {
        let areas = self.areas.iter();
        let own = areas.filter(|area| area.section == place.section);
        let ends = own.flat_map(|area| [area.from, area.to]);
        ends.filter(|&end| end > place.offset)
            .min()
            .unwrap_or(i64::MAX)
    }

    /// The mode of a segment, by its selector, in bits.
    #[must_use]
    pub fn of_segment(&self, selector: u64) -> Option<u8> {
        let selector = u16::try_from(selector).ok()?;
        self.segments.get(&descriptor(selector)).copied()
    }
}

/// A selector without the privilege that is asked for.
const fn descriptor(selector: u16) -> u16 {
    selector & !3
}
