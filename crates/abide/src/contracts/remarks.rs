//! What of `abide.toml` is leaned on for the unit at hand, and what says nothing of it.

use super::Configuration;
use super::configuration::fits;
use super::stated::{place_of, split};
use crate::inputs::{Image, SymbolKind, shown_name};

/// Names further from what was written than so many edits are not offered.
const FURTHEST: usize = 3;

/// What stands before the nearest name.
const NEAREST: &str = "; the nearest is ";

impl Configuration {
    /// What is declared of something that is there: of what, and the reason.
    #[must_use]
    pub fn declarations(&self, image: &Image) -> Vec<(String, String)> {
        if self.is_empty() {
            return Vec::new();
        }
        let names = names(image);
        let is_there = |glob: &String| names.iter().any(|name| fits(glob, name));
        let contracts = self.contracts.iter().filter_map(|declared| {
            let symbols = declared.symbols.iter().filter(|glob| is_there(glob));
            let symbols: Vec<_> = symbols.map(|glob| format!("`{glob}`")).collect();
            let types = declared.types.iter().map(|glob| format!("type `{glob}`"));
            let meant: Vec<_> = symbols.into_iter().chain(types).collect();
            (!meant.is_empty()).then(|| (meant.join(", "), declared.reason.clone()))
        });
        let tables = self.tables.iter().map(|table| (&table.jump, &table.reason));
        let instructions = self.instructions.iter();
        let instructions = instructions.map(|stated| (&stated.at, &stated.reason));
        let modes = self.modes.iter().filter_map(|mode| {
            let symbols = mode.symbols.iter().filter(|glob| is_there(glob));
            let named: Vec<_> = symbols
                .chain(&mode.sections)
                .map(|glob| format!("`{glob}`"))
                .collect();
            (!named.is_empty()).then(|| (named.join(", "), mode.reason.clone()))
        });
        let segments = self.segments.iter().map(|segment| {
            (
                format!("segment {:#x}", segment.selector),
                segment.reason.clone(),
            )
        });
        let places = tables.chain(instructions);
        let places = places.filter(|(label, _)| place_of(image, label).is_some());
        let places = places.map(|(label, reason)| (format!("`{label}`"), reason.clone()));
        contracts
            .chain(places)
            .chain(modes)
            .chain(segments)
            .collect()
    }

    /// A sentence for each name and glob that fits nothing.
    #[must_use]
    pub fn remarks(&self, image: &Image) -> Vec<String> {
        if self.is_empty() {
            return Vec::new();
        }
        let names = names(image);
        let contracts = self.contracts.iter().flat_map(|declared| &declared.symbols);
        let modes = self.modes.iter().flat_map(|mode| &mode.symbols);
        let globs = self.roots.iter().chain(contracts).chain(modes);
        let globs = globs.filter(|glob| !names.iter().any(|name| fits(glob, name)));
        let globs = globs.map(|glob| about(glob, "fits no symbol", &names, glob));
        let tables = self.tables.iter().map(|table| table.jump.as_str());
        let instructions = self.instructions.iter().flat_map(|stated| stated.labels());
        let gates = self.contracts.iter().filter_map(|d| d.interrupt.as_ref());
        let gates = gates.filter_map(|gate| gate.table.as_deref());
        let labels = tables.chain(instructions).chain(gates);
        let labels = labels.filter(|label| place_of(image, label).is_none());
        let labels = labels.map(|label| {
            let symbol = split(label).map_or(label, |(symbol, _)| symbol);
            about(label, "names no place", &names, symbol)
        });
        globs.chain(labels).collect()
    }
}

impl Configuration {
    /// Whether it says nothing of any symbol.
    fn is_empty(&self) -> bool {
        self.roots.is_empty()
            && self.contracts.is_empty()
            && self.tables.is_empty()
            && self.instructions.is_empty()
            && self.modes.is_empty()
            && self.segments.is_empty()
    }
}

fn about(text: &str, what: &str, names: &[String], symbol: &str) -> String {
    let nearest = told_nearest(names.iter().map(String::as_str), symbol);
    format!("`{text}` {what} of what was given{nearest}")
}

/// What a sentence about a name that is not there ends with: the nearest one, if one is near.
pub(crate) fn told_nearest<'a>(names: impl Iterator<Item = &'a str>, written: &str) -> String {
    let nearest = nearest(names, written);
    nearest.map_or_else(String::new, |name| format!("{NEAREST}`{name}`"))
}

/// A remark without the nearest name, which is another in each link.
#[must_use]
pub fn without_nearest(remark: &str) -> &str {
    remark.split(NEAREST).next().unwrap_or(remark)
}

/// Every name of the image, as it is and as Rust source has it.
fn names(image: &Image) -> Vec<String> {
    let symbols = image.symbols().map(|(_, symbol)| symbol);
    let symbols = symbols.filter(|symbol| {
        !symbol.name.is_empty() && !matches!(symbol.kind, SymbolKind::Section | SymbolKind::File)
    });
    let mut names: Vec<String> = symbols
        .flat_map(|symbol| [symbol.name.clone(), shown_name(&symbol.name).into_owned()])
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The name that is nearest to what was written, if one is near.
fn nearest<'a>(names: impl Iterator<Item = &'a str>, written: &str) -> Option<&'a str> {
    let near = names.filter(|name| name.len().abs_diff(written.len()) <= FURTHEST);
    let near = near.map(|name| (strsim::damerau_levenshtein(name, written), name));
    let (distance, name) = near.min()?;
    (distance <= FURTHEST).then_some(name)
}

/// The symbol that is nearest to what was written.
#[must_use]
pub fn nearest_symbol(image: &Image, written: &str) -> Option<String> {
    let names = names(image);
    nearest(names.iter().map(String::as_str), written).map(str::to_owned)
}
