//! Where objects begin and end: symbols, and places that code and data refer to.
//!
//! A table of code addresses says nowhere how long it is. What tells is what
//! lies around it: where the next object begins, whether code begins where an
//! entry leads, and whether the entry is more plausible as one of the table
//! beside it. The last matters where an archive has no local symbols, and where
//! code names a place before its table because the index never is 0.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use crate::inputs::{
    Binding, Image, Place, Relocation, RelocationKind, Resolved, SectionId, SymbolKind,
};
use crate::machine::x86::{Listing, Start, listing};
use crate::registers::InstructionSet;

/// How far behind the place that code names an entry is looked for, in bytes.
pub(super) const NEAR: i64 = 256;
/// The bytes of a call to the next instruction and a pop.
const CALL_AND_POP: usize = 6;

/// A place that code refers to, and the code that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    offset: i64,
    by: Place,
}

/// Where objects begin in the image's sections.
#[derive(Debug, Default)]
pub struct Boundaries {
    /// For each section, the offsets of symbols and of what relocations lead to.
    starts: Vec<Vec<i64>>,
    labels: Vec<Vec<i64>>,
    /// The offsets of what relocations lead to.
    referred: Vec<Vec<i64>>,
    /// The offsets of functions.
    functions: Vec<Vec<i64>>,
    /// What code refers to, and from where.
    named: Vec<Vec<Named>>,
    /// Places that code names by their distance from one of its own, which a register holds: their
    /// offsets if that were the start of its section.
    displaced: Vec<Vec<Named>>,
    /// What each section is as code; read when a table first asks.
    listings: Vec<OnceLock<Listing>>,
}

impl Boundaries {
    /// The boundaries of an image.
    #[must_use]
    pub fn new(image: &Image) -> Self {
        let mut found = Self::default();
        found
            .listings
            .resize_with(image.section_count(), OnceLock::new);
        found.labels = vec![Vec::new(); image.section_count()];
        found.functions = found.labels.clone();
        found.named = vec![Vec::new(); image.section_count()];
        found.displaced = found.named.clone();
        found.add_symbols(image);
        // What lies behind a section is no part of a table in it.
        for (number, list) in (0..).zip(&mut found.labels) {
            list.extend(
                image
                    .section(SectionId(number))
                    .map(|data| data.size as i64),
            );
        }
        found.referred = vec![Vec::new(); image.section_count()];
        for section in 0..image.section_count() {
            found.add_references(image, SectionId(section as u32));
        }
        found.starts = found.labels.clone();
        for (starts, referred) in found.starts.iter_mut().zip(&found.referred) {
            starts.extend(referred);
        }
        for lists in [
            &mut found.starts,
            &mut found.labels,
            &mut found.functions,
            &mut found.referred,
        ] {
            lists.iter_mut().for_each(sort);
        }
        found.named.iter_mut().for_each(sort);
        found
    }

    fn add_symbols(&mut self, image: &Image) {
        for (id, symbol) in image.symbols() {
            let Some(Resolved::Place(place)) = image.resolve(id) else {
                continue;
            };
            if symbol.name.is_empty() {
                continue;
            }
            push(&mut self.labels, place.section, place.offset);
            if symbol.kind == SymbolKind::Function || symbol.binding != Binding::Local {
                push(&mut self.functions, place.section, place.offset);
            }
        }
    }

    fn add_references(&mut self, image: &Image, section: SectionId) {
        let Some(data) = image.section(section) else {
            return;
        };
        let set = image.set_of(section);
        let anchors = match (data.flags.execute, set) {
            (true, InstructionSet::X86) => anchors(&data.data),
            _ => Vec::new(),
        };
        for relocation in &data.relocations {
            let offset = relocation.offset as i64;
            let from = Place { section, offset };
            let leads_to = |distance| match image.follow(from, relocation, distance) {
                Some(Resolved::Place(to)) => Some(to),
                _ => None,
            };
            let is_whole = relocation.kind == RelocationKind::Absolute;
            let counts = is_whole || counts_from_its_end(&data.data, relocation, set);
            let start = match data.flags.execute {
                true if counts => leads_to(4),
                false if is_whole => leads_to(0),
                _ => None,
            };
            if let Some(to) = start {
                push(&mut self.referred, to.section, to.offset);
            }
            // What is no distance from the field's end is one from the place that the function has
            // found itself at, or from the section's start, most likely.
            let named = match counts {
                true => start,
                false => leads_to(last_before(&anchors, offset) - offset),
            };
            if let (true, Some(to)) = (data.flags.execute, named) {
                let offset = to.offset;
                let named = Named { offset, by: from };
                push(&mut self.named, to.section, named);
                if !counts && relocation.kind == RelocationKind::Relative {
                    push(&mut self.displaced, to.section, named);
                }
            }
        }
    }

    /// The next start behind a place, or the end of its section.
    pub(super) fn after(&self, place: Place) -> i64 {
        first_behind(&self.starts, place)
    }

    /// The next label behind a place, or the end of its section.
    pub(super) fn label_after(&self, place: Place) -> i64 {
        first_behind(&self.labels, place)
    }

    /// Where the object of data that a place lies in begins and ends, as far as that is told: what
    /// is referred to there has a label, if others in its section have.
    pub(super) fn object_of(&self, place: Place) -> Option<(i64, i64)> {
        let number = place.section.0 as usize;
        let labels = self.labels.get(number)?;
        // The end of the section is one of them.
        let starts = match labels.len() {
            0 | 1 => self.starts.get(number)?,
            _ => labels,
        };
        let is_referred = self.referred.get(number)?.binary_search(&place.offset);
        let behind = starts.partition_point(|&start| start <= place.offset);
        let start = *starts.get(behind.checked_sub(1)?)?;
        let names_another = is_referred.is_ok() && start != place.offset;
        let end = *starts.get(behind)?;
        (!names_another).then_some((start, end))
    }

    /// Whether a place that code names, before a label, is the end of the object there and stands for
    /// the label's own object: that is local, and nothing else would lead to it.
    pub(super) fn stands_for(&self, place: Place, label: Place) -> bool {
        let holds = |lists: &[Vec<i64>], at: Place| {
            let list = lists.get(at.section.0 as usize);
            list.is_some_and(|list| list.binary_search(&at.offset).is_ok())
        };
        let labels = self.labels.get(place.section.0 as usize);
        let is_inside = labels.is_some_and(|labels| labels.first() < Some(&place.offset));
        let named = self.named.get(label.section.0 as usize);
        let is_named = named.is_some_and(|named| {
            let found = named.binary_search_by_key(&label.offset, |named| named.offset);
            found.is_ok()
        });
        is_inside
            && holds(&self.labels, label)
            && !holds(&self.labels, place)
            && !holds(&self.functions, label)
            && !holds(&self.referred, label)
            && !is_named
    }

    /// Whether an instruction begins at a place, when its section is read from the start.
    pub(super) fn begins(&self, image: &Image, place: Place) -> bool {
        self.start(image, place) != Start::Nothing
    }

    /// Whether a place is one that code surely begins at: a label, or an
    /// instruction that the one before it does not run on into.
    pub(super) fn surely_begins(&self, image: &Image, place: Place) -> bool {
        self.is_label(image, place) || self.start(image, place) == Start::Fresh
    }

    /// Whether an entry of a table belongs to another one: as an entry of the table that `base`
    /// names it leads to `target`, as one of the other to a fresh start in a function that names
    /// that other table.
    pub(super) fn is_anothers(
        &self,
        image: &Image,
        entry: Place,
        (base, target): (Place, Place),
    ) -> bool {
        if self.is_own(image, base, target) {
            return false;
        }
        let Some(named) = self.named.get(base.section.0 as usize) else {
            return false;
        };
        let first = named.partition_point(|named| named.offset <= entry.offset - NEAR);
        let near = named[first..].iter();
        near.take_while(|other| other.offset <= entry.offset)
            .filter(|other| other.offset != base.offset)
            .any(|other| {
                let moved = other.offset - base.offset;
                let base = Place {
                    offset: other.offset,
                    ..base
                };
                let target = Place {
                    offset: target.offset.wrapping_add(moved),
                    ..target
                };
                self.is_own(image, base, target)
            })
    }

    /// Whether a table that code names at one of these offsets, by the distance from a place of its
    /// own, has these entries: distances from that place that all lead to fresh starts in the
    /// function that names the table.
    pub(super) fn has_entries(
        &self,
        image: &Image,
        section: SectionId,
        offsets: &RangeInclusive<i64>,
        distances: &[i64],
    ) -> bool {
        let displaced = self.displaced.get(section.0 as usize);
        displaced.into_iter().flatten().any(|table| {
            let code = table.by.section;
            let Some(listing) = self.listing(image, code) else {
                return false;
            };
            let function = self.function_of(table.by);
            let is_fresh = |offset| {
                let place = Place {
                    section: code,
                    offset,
                };
                self.function_of(place) == function && self.surely_begins(image, place)
            };
            let first = offsets.start() - table.offset;
            let last = offsets.end() - table.offset;
            let from = listing.taken.partition_point(|&taken| taken < first);
            let mut bases = listing.taken[from..]
                .iter()
                .take_while(|&&base| base <= last);
            bases.any(|&base| {
                let mut targets = distances
                    .iter()
                    .map(|distance| base.wrapping_add(*distance));
                targets.all(is_fresh)
            })
        })
    }

    /// Whether code surely begins at a target, in a function that names the base of its table.
    fn is_own(&self, image: &Image, base: Place, target: Place) -> bool {
        self.surely_begins(image, target) && self.names(target, base)
    }

    /// Whether the function that a place lies in refers to another place.
    fn names(&self, from: Place, to: Place) -> bool {
        let Some(named) = self.named.get(to.section.0 as usize) else {
            return false;
        };
        let first = named.partition_point(|named| named.offset < to.offset);
        let function = self.function_of(from);
        named[first..]
            .iter()
            .take_while(|named| named.offset == to.offset)
            .any(|named| named.by.section == from.section && self.function_of(named.by) == function)
    }

    /// The number of the function in its section that a place lies in.
    fn function_of(&self, place: Place) -> Option<usize> {
        let functions = self.functions.get(place.section.0 as usize)?;
        Some(functions.partition_point(|&start| start <= place.offset))
    }

    /// Whether a symbol is defined at a place of code.
    pub(super) fn is_label(&self, image: &Image, place: Place) -> bool {
        self.has_label(place) && image.is_code(place)
    }

    /// Whether a symbol is defined at a place.
    pub(super) fn has_label(&self, place: Place) -> bool {
        let labels = self.labels.get(place.section.0 as usize);
        labels.is_some_and(|labels| labels.binary_search(&place.offset).is_ok())
    }

    fn start(&self, image: &Image, place: Place) -> Start {
        if !image.is_code(place) {
            return Start::Nothing;
        }
        let offset = usize::try_from(place.offset).unwrap_or(usize::MAX);
        let listing = self.listing(image, place.section);
        let start = listing.and_then(|listing| listing.starts.get(offset));
        start.copied().unwrap_or(Start::Nothing)
    }

    fn listing(&self, image: &Image, section: SectionId) -> Option<&Listing> {
        let read = self.listings.get(section.0 as usize)?;
        Some(read.get_or_init(|| listing(image, section)))
    }
}

fn first_behind(starts: &[Vec<i64>], place: Place) -> i64 {
    let starts = starts.get(place.section.0 as usize);
    let first = starts.and_then(|starts| {
        let next = starts.partition_point(|&start| start <= place.offset);
        starts.get(next)
    });
    first.copied().unwrap_or(i64::MAX)
}

fn push<T>(lists: &mut [Vec<T>], section: SectionId, item: T) {
    if let Some(list) = lists.get_mut(section.0 as usize) {
        list.push(item);
    }
}

fn sort<T: Ord>(list: &mut Vec<T>) {
    list.sort_unstable();
    list.dedup();
}

/// Where 32-bit code finds out its own address: the place behind `call` to the next instruction,
/// and what is added to it once it is popped, by the offset of that place.
fn anchors(code: &[u8]) -> Vec<(i64, i64)> {
    let calls = code.windows(CALL_AND_POP).enumerate();
    let calls =
        calls.filter(|(_, bytes)| matches!(bytes, [0xe8, 0, 0, 0, 0, pop] if pop & 0xf8 == 0x58));
    let anchor = |(call, bytes): (usize, &[u8])| {
        let register = bytes[CALL_AND_POP - 1] & 7;
        let behind = (call + CALL_AND_POP - 1) as i64;
        let added = match *code.get(call + CALL_AND_POP..)? {
            [0x83, to, number, ..] if to == 0xc0 | register => i64::from(number as i8),
            [0x81, to, a, b, c, d, ..] if to == 0xc0 | register => {
                i64::from(i32::from_le_bytes([a, b, c, d]))
            }
            _ => 0,
        };
        Some((behind, behind.wrapping_add(added)))
    };
    calls.filter_map(anchor).collect()
}

/// What is counted from at an offset, as far as that is told.
fn last_before(anchors: &[(i64, i64)], offset: i64) -> i64 {
    let before = anchors.partition_point(|&(behind, _)| behind <= offset);
    let last = before.checked_sub(1).and_then(|last| anchors.get(last));
    last.map_or(0, |&(_, base)| base)
}

/// Whether a relocated field of code is counted from its own end, as in
/// `[rip + …]` and in jumps. In `[base + index + …]` it holds the distance
/// between two labels, and says nothing of where an object begins.
fn counts_from_its_end(code: &[u8], relocation: &Relocation, set: InstructionSet) -> bool {
    let offset = usize::try_from(relocation.offset).ok();
    let byte = |back: usize| code.get(offset?.checked_sub(back)?).copied();
    let is_rip_relative =
        set == InstructionSet::X86_64 && byte(1).is_some_and(|byte| byte & 0xc7 == 0x05);
    let is_jump = matches!(
        (byte(2), byte(1)),
        (_, Some(0xe8 | 0xe9)) | (Some(0x0f), Some(0x80..=0x8f))
    );
    is_rip_relative || is_jump
}
