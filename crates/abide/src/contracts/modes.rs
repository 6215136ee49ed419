//! What `abide.toml` tells of code that runs in another mode than that of its object.

use serde::Deserialize;

use super::configuration::fits;
use crate::inputs::{Area, Image, Modes, Place, Resolved, SectionId, SymbolKind, shown_name};

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
    matches!(bits, 16 | 32 | 64)
}

/// What is declared, for the code of an image.
pub(super) fn modes_of(image: &Image, code: &[CodeMode], segments: &[SegmentMode]) -> Modes {
    let areas = code.iter().flat_map(|mode| areas(image, mode)).collect();
    let segments = segments.iter().map(|mode| (mode.selector, mode.bits));
    Modes::new(areas, segments)
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
