//! Code that the processor runs in another mode than that of 64 bits, as `abide.toml` tells.
//!
//! An object of 64 bits may hold code of 16 and 32: boot code, the start of another processor,
//! compatibility mode. Nothing in the object tells which, so that it must be said.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::configuration::fits;
use crate::inputs::{Image, Place, Resolved, SectionId, SymbolKind, shown_name};

/// The mode that nothing else is said of, in bits.
const LONG: u8 = 64;

/// The mode of some code.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeMode {
    /// Names or globs of labels: from each to the next label that does not fit.
    #[serde(default)]
    pub symbols: Vec<String>,
    /// Names or globs of sections.
    #[serde(default)]
    pub sections: Vec<String>,
    /// 16, 32 or 64.
    pub bits: u8,
    /// Why.
    pub reason: String,
}

/// The mode that a far jump, call or return to a segment leads to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentMode {
    /// The segment's selector.
    pub selector: u16,
    /// 16, 32 or 64.
    pub bits: u8,
    /// Why.
    pub reason: String,
}

/// Whether there is a mode of so many bits.
pub(super) const fn is_mode(bits: u8) -> bool {
    matches!(bits, 16 | 32 | LONG)
}

/// In which mode which code runs.
#[derive(Debug, Clone, Default)]
pub struct Modes {
    areas: Vec<Area>,
    segments: FxHashMap<u16, u8>,
}

#[derive(Debug, Clone)]
struct Area {
    section: SectionId,
    from: i64,
    to: i64,
    bits: u8,
}

impl Modes {
    /// What is declared, for the code of an image.
    pub(super) fn of(image: &Image, code: &[CodeMode], segments: &[SegmentMode]) -> Self {
        let segments = segments.iter();
        Self {
            areas: code.iter().flat_map(|mode| areas(image, mode)).collect(),
            segments: segments
                .map(|mode| (mode.selector & !3, mode.bits))
                .collect(),
        }
    }

    /// The mode of the code at a place, in bits, where one is declared; the last wins.
    #[must_use]
    pub fn at(&self, place: Place) -> Option<u8> {
        let mut areas = self.areas.iter().rev();
        let area = areas.find(|area| {
            area.section == place.section && (area.from..area.to).contains(&place.offset)
        });
        area.map(|area| area.bits)
    }

    /// The mode of a segment, by its selector, in bits.
    #[must_use]
    pub fn of_segment(&self, selector: u64) -> Option<u8> {
        let selector = u16::try_from(selector).ok()?;
        self.segments.get(&(selector & !3)).copied()
    }
}

fn areas(image: &Image, mode: &CodeMode) -> Vec<Area> {
    let mut areas = Vec::new();
    for id in (0..image.section_count() as u32).map(SectionId) {
        let Some(section) = image.section(id) else {
            continue;
        };
        if mode.sections.iter().any(|glob| fits(glob, &section.name)) {
            areas.push(Area {
                section: id,
                from: 0,
                to: i64::MAX,
                bits: mode.bits,
            });
        }
    }
    if !mode.symbols.is_empty() {
        areas.extend(labelled(image, mode));
    }
    areas
}

/// From each label that fits to the next that does not.
fn labelled(image: &Image, mode: &CodeMode) -> Vec<Area> {
    let mut labels: Vec<(Place, bool)> = Vec::new();
    for (id, symbol) in image.symbols() {
        if matches!(symbol.kind, SymbolKind::Section | SymbolKind::File) || symbol.name.is_empty() {
            continue;
        }
        let Some(Resolved::Place(place)) = image.resolve(id) else {
            continue;
        };
        let shown = shown_name(&symbol.name);
        let mut globs = mode.symbols.iter();
        labels.push((
            place,
            globs.any(|glob| fits(glob, &symbol.name) || fits(glob, &shown)),
        ));
    }
    labels.sort_unstable();
    let inside = labels.iter().enumerate().filter(|(_, (_, fits))| *fits);
    let areas = inside.map(|(number, &(place, _))| {
        let mut behind = labels[number..].iter();
        let next = behind.find(|(next, fits)| !fits && *next > place);
        let next = next.filter(|(next, _)| next.section == place.section);
        Area {
            section: place.section,
            from: place.offset,
            to: next.map_or(i64::MAX, |(next, _)| next.offset),
            bits: mode.bits,
        }
    });
    areas.collect()
}
