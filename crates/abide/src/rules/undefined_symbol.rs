mod cause;
mod nearest;

use std::collections::BTreeMap;

use super::facts::{Facts, in_source, speaker};
use super::{Finding, Level, Location, Outcome, Rule};
use crate::inputs::link::{SymbolRef, UnitPlace, is_demand};
use crate::inputs::{Format, Language, Object, RelocationTarget, SectionIndex};

pub(super) static RULE: Rule = Rule {
    id: "undefined_symbol",
    level: Level::Deny,
    page: include_str!("undefined_symbol.md"),
    never_unknown: None,
    check: super::Check::Names(check),
};

fn check(facts: &Facts<'_>) -> Outcome {
    if facts.unit.objects.is_empty() {
        return Outcome::NotApplicable(super::NO_OBJECTS);
    }
    if !facts.unit.is_complete() {
        return Outcome::NotApplicable(
            "the link is partial, so others may define what is missing: `--entry SYMBOL` or \
             `--complete` says that it is complete",
        );
    }
    let missing = missing(facts);
    Outcome::Judged(
        missing
            .iter()
            .map(|(name, places)| finding(facts, name, places))
            .collect(),
    )
}

/// Every missing name, with the places that need it.
///
/// As for the linker, a mention in the symbol table alone needs nothing: a place in what is
/// really linked must refer to the name.
fn missing<'a>(facts: &'a Facts<'_>) -> BTreeMap<&'a str, Vec<UnitPlace>> {
    let unit = facts.unit;
    let mut missing: BTreeMap<&str, Vec<UnitPlace>> = BTreeMap::new();
    if let Some(entry) = &unit.options.entry
        && !unit.is_defined(entry)
    {
        missing.insert(entry, Vec::new());
    }
    for (number, object) in unit.objects.iter().enumerate() {
        let names = wanted_names(facts, object);
        if names.iter().all(Option::is_none) {
            continue;
        }
        for (index, section) in (0..).map(SectionIndex).zip(&object.sections) {
            if !unit.is_live(number, index) {
                continue;
            }
            for relocation in &section.relocations {
                let RelocationTarget::Symbol(symbol) = relocation.target else {
                    continue;
                };
                if let Some(Some(name)) = names.get(symbol.0 as usize) {
                    missing.entry(name).or_default().push(UnitPlace {
                        object: number,
                        section: index,
                        offset: relocation.offset,
                    });
                }
            }
        }
    }
    missing
}

/// By symbol: its name, where it is one that nothing defines.
fn wanted_names<'a>(facts: &Facts<'_>, object: &'a Object) -> Vec<Option<&'a str>> {
    object
        .symbols
        .iter()
        .map(|symbol| {
            let missing = is_demand(symbol) && !facts.unit.is_defined(&symbol.name);
            missing.then_some(symbol.name.as_str())
        })
        .collect()
}

/// A missing name and who needs it: what the search for the cause begins with.
struct Missing<'a> {
    /// The name, as the linker sees it.
    symbol: &'a str,
    /// The name, as source has it.
    name: &'a str,
    /// The languages of those who refer to it.
    seekers: Vec<Language>,
}

impl Missing<'_> {
    fn only_rust_seeks(&self) -> bool {
        self.seekers
            .iter()
            .all(|language| *language == Language::Rust)
    }
}

fn finding(facts: &Facts<'_>, symbol: &str, places: &[UnitPlace]) -> Finding {
    let missing = Missing {
        symbol,
        name: source_name(facts, symbol),
        seekers: places
            .iter()
            .filter_map(|place| language(facts, *place))
            .collect(),
    };
    let cause = cause::likeliest(facts, &missing);
    let shown = crate::inputs::demangle(symbol);
    let mut finding = RULE.finding(
        symbol,
        format!(
            "`{}` is undefined: {}",
            shown.as_deref().unwrap_or(symbol),
            cause.because
        ),
        cause.help,
    );
    finding.places = seekers(facts, symbol, places);
    finding.places.extend(declarations(facts, missing.name));
    finding.places.extend(cause.places);
    if facts.unit.options.entry.as_deref() == Some(symbol) {
        finding
            .notes
            .push("it is the entry of the program".to_owned());
    }
    finding.notes.extend(cause.notes);
    finding
}

/// Mach-O puts an underscore before every name of C, Rust and assembly that they share.
fn source_name<'a>(facts: &Facts<'_>, symbol: &'a str) -> &'a str {
    let is_macho = facts
        .unit
        .target
        .is_some_and(|t| matches!(t.format, Format::MachO { .. }));
    match symbol.strip_prefix('_') {
        Some(name) if is_macho => name,
        _ => symbol,
    }
}

fn language(facts: &Facts<'_>, place: UnitPlace) -> Option<Language> {
    facts
        .unit
        .objects
        .get(place.object)
        .map(|object| object.language)
}

fn seekers(facts: &Facts<'_>, symbol: &str, places: &[UnitPlace]) -> Vec<Location> {
    let label = |place: UnitPlace| {
        let who = speaker(language(facts, place).unwrap_or(Language::Unknown));
        format!("{who} looks for `{symbol}` here")
    };
    places
        .iter()
        .map(|place| facts.location(*place, label(*place)))
        .collect()
}

fn declarations(facts: &Facts<'_>, name: &str) -> Vec<Location> {
    let declarations = facts.source.declarations_of(name);
    declarations
        .map(|item| in_source(item, "Rust declares it here"))
        .collect()
}

/// The symbols of all joined objects that have this name and are local.
fn locals<'a>(facts: &'a Facts<'_>, name: &'a str) -> impl Iterator<Item = SymbolRef> + 'a {
    use crate::inputs::{Binding, SymbolIndex, SymbolKind, SymbolPlace};
    facts
        .unit
        .objects
        .iter()
        .enumerate()
        .flat_map(move |(object, found)| {
            let symbols = (0..).map(SymbolIndex).zip(&found.symbols);
            symbols.filter_map(move |(symbol, found)| {
                let is_local = found.binding == Binding::Local
                    && found.name == name
                    && matches!(found.place, SymbolPlace::Section(_) | SymbolPlace::Absolute)
                    && !matches!(found.kind, SymbolKind::Section | SymbolKind::File);
                is_local.then_some(SymbolRef { object, symbol })
            })
        })
}
