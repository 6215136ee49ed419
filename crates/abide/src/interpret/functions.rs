//! The functions of an image, by their labels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::inputs::{
    Image, Place, Relocation, RelocationKind, Resolved, Section, SectionId, SymbolKind,
};
use crate::machine::x86::{End, Stretch, read_stretch};

/// Where functions begin and end, and which have their addresses taken.
pub(super) struct Functions {
    /// By section, the offsets at which functions begin, with their sizes, 0 where not known.
    starts: BTreeMap<SectionId, BTreeMap<i64, i64>>,
    /// The places of code whose addresses stand somewhere, once they are asked for.
    taken: OnceLock<Vec<Place>>,
}

impl Functions {
    pub(super) fn of(image: &Image) -> Self {
        let mut starts: BTreeMap<SectionId, BTreeMap<i64, i64>> = BTreeMap::new();
        for (id, symbol) in image.symbols() {
            let is_label = matches!(symbol.kind, SymbolKind::Function | SymbolKind::Untyped);
            // NASM's `f.loop`, which has no size, is a part of `f`.
            let is_part = symbol.size == 0 && symbol.name.contains('.');
            if !is_label || symbol.name.is_empty() || is_part {
                continue;
            }
            if let Some(Resolved::Place(place)) = image.resolve(id)
                && image.is_code(place)
            {
                let size = starts.entry(place.section).or_default();
                let size = size.entry(place.offset).or_default();
                *size = (*size).max(symbol.size as i64);
            }
        }
        Self {
            starts,
            taken: OnceLock::new(),
        }
    }

    /// The places of code whose addresses stand somewhere.
    pub(super) fn taken(&self, image: &Image) -> &[Place] {
        self.taken.get_or_init(|| taken(image, &self.starts))
    }

    /// Where each function begins.
    pub(super) fn starts(&self) -> impl Iterator<Item = Place> {
        let sections = self.starts.iter();
        sections.flat_map(|(&section, starts)| {
            let offsets = starts.keys();
            offsets.map(move |&offset| Place { section, offset })
        })
    }

    /// Where the function begins that a place lies in.
    pub(super) fn start(&self, place: Place) -> Place {
        let starts = self.starts.get(&place.section);
        let start = starts.and_then(|starts| starts.range(..=place.offset).next_back());
        Place {
            offset: start.map_or(place.offset.min(0), |(&offset, _)| offset),
            ..place
        }
    }

    /// The code of the function that begins at a place.
    pub(super) fn stretch(&self, image: &Image, start: Place) -> Stretch {
        let to = self.end(image, start);
        let mut stretch = read_stretch(image, start, to);
        let next = Place {
            offset: to,
            ..start
        };
        // Compilers say how long a function is; a label without a size is one that the code before
        // it may run into.
        let goes_on = match stretch.end {
            End::GoesOn => true,
            End::Calls => self.size(start) == 0,
            End::Leaves => false,
        };
        if goes_on && self.start(next) == next {
            stretch.leads_to.push(next);
        }
        stretch
    }

    /// The size of the function that begins at a place, 0 where it is not known.
    fn size(&self, start: Place) -> i64 {
        let starts = self.starts.get(&start.section);
        let size = starts.and_then(|starts| starts.get(&start.offset).copied());
        size.unwrap_or_default()
    }

    pub(super) fn end(&self, image: &Image, start: Place) -> i64 {
        let starts = self.starts.get(&start.section);
        let next = starts.and_then(|starts| starts.range(start.offset + 1..).next());
        let section = image.section(start.section);
        let end = section.map_or(start.offset, |section| section.size as i64);
        match (self.size(start), next) {
            (size @ 1.., _) => start.offset.saturating_add(size),
            (_, Some((&next, _))) => next,
            _ => end,
        }
    }
}

/// Every place of code that a relocation names which is no call's or jump's.
fn taken(image: &Image, starts: &BTreeMap<SectionId, BTreeMap<i64, i64>>) -> Vec<Place> {
    let mut taken = BTreeSet::new();
    for id in (0..image.section_count() as u32).map(SectionId) {
        let Some(section) = image.section(id).filter(|section| section.flags.alloc) else {
            continue;
        };
        for relocation in &section.relocations {
            if section.flags.execute && is_call(section, relocation) {
                continue;
            }
            if let Some(Resolved::Place(to)) = referred(image, id, relocation)
                && image.is_code(to)
                // Elsewhere than where a function begins it is a jump table's.
                && starts.get(&to.section).is_none_or(|starts| starts.contains_key(&to.offset))
            {
                taken.insert(to);
            }
        }
    }
    taken.into_iter().collect()
}

/// Whether a relocation is the target of a call or jump (Intel SDM vol. 2, CALL, JMP, Jcc).
fn is_call(section: &Section, relocation: &Relocation) -> bool {
    let before = usize::try_from(relocation.offset).ok();
    let before = before.and_then(|offset| section.data.get(..offset));
    let before = before.unwrap_or_default();
    match relocation.kind {
        RelocationKind::PltRelative => true,
        // `call [rip + entry]` and its jump.
        RelocationKind::GotRelative => matches!(before, [.., 0xff, 0x15 | 0x25]),
        _ => matches!(before, [.., 0xe8 | 0xe9] | [.., 0x0f, 0x80..=0x8f]),
    }
}

/// What a relocation of a section refers to.
pub(super) fn referred(
    image: &Image,
    section: SectionId,
    relocation: &Relocation,
) -> Option<Resolved> {
    let is_code = image.section(section)?.flags.execute;
    let place = Place {
        section,
        offset: relocation.offset as i64,
    };
    match relocation.kind {
        // The address that stands in the table is the symbol's own.
        RelocationKind::GotRelative => {
            image.relocation_target(image.object_of(section)?, relocation.target)
        }
        _ => image.follow(place, relocation, if is_code { 4 } else { 0 }),
    }
}

/// Where a relocated field of a function's code leads, which is a call's or a jump's.
pub(super) fn target(image: &Image, of: Place, field: i64) -> Option<Resolved> {
    let place = Place {
        offset: field,
        ..of
    };
    referred(image, of.section, image.relocation_at(place)?)
}
