use std::collections::BTreeMap;

use super::facts::Facts;
use super::{Finding, Level, Outcome, Rule, TABLES_DECIDE};
use crate::inputs::link::{SymbolRef, is_definition};
use crate::inputs::{Binding, SymbolIndex, SymbolPlace};

pub(super) static RULE: Rule = Rule {
    id: "duplicate_symbol",
    level: Level::Deny,
    page: include_str!("duplicate_symbol.md"),
    never_unknown: Some(TABLES_DECIDE),
    check: super::Check::Names(check),
};

fn check(facts: &Facts<'_>) -> Outcome {
    let mut strong: BTreeMap<&str, Vec<SymbolRef>> = BTreeMap::new();
    for (object, symbols) in facts.unit.objects.iter().map(|o| &o.symbols).enumerate() {
        for (symbol, found) in (0..).map(SymbolIndex).zip(symbols) {
            let symbol = SymbolRef { object, symbol };
            if is_definition(found) && excludes_others(facts, symbol) {
                strong.entry(&found.name).or_default().push(symbol);
            }
        }
    }
    let clashes = strong.into_iter().filter(|(_, all)| clash(facts, all));
    Outcome::Judged(
        clashes
            .map(|(name, all)| finding(facts, name, &all))
            .collect(),
    )
}

/// Whether the definition tolerates no other: not weak, not common, in no group of equals.
fn excludes_others(facts: &Facts<'_>, symbol: SymbolRef) -> bool {
    let Some(found) = facts.unit.symbol(symbol) else {
        return false;
    };
    if found.binding != Binding::Global {
        return false;
    }
    match found.place {
        SymbolPlace::Section(section) => {
            let object = facts.unit.objects.get(symbol.object);
            let section = object.and_then(|object| object.sections.get(section.0 as usize));
            section.is_some_and(|s| !s.comdat && !s.name.starts_with(".gnu.linkonce."))
        }
        SymbolPlace::Absolute => true,
        SymbolPlace::Common | SymbolPlace::Undefined => false,
    }
}

fn clash(facts: &Facts<'_>, all: &[SymbolRef]) -> bool {
    let values = || all.iter().filter_map(|symbol| facts.unit.symbol(*symbol));
    // One number under one name is one thing, in however many objects.
    let is_one_number = values().all(|symbol| symbol.place == SymbolPlace::Absolute)
        && values().all(|symbol| Some(symbol.value) == values().next().map(|first| first.value));
    all.len() > 1 && !is_one_number && (facts.unit.is_complete() || in_two_files(facts, all))
}

/// Of members of one archive, a link that is not known may need only one.
fn in_two_files(facts: &Facts<'_>, all: &[SymbolRef]) -> bool {
    let objects = all
        .iter()
        .filter_map(|symbol| facts.unit.objects.get(symbol.object));
    objects.filter(|object| !object.is_member()).count() > 1
}

fn finding(facts: &Facts<'_>, name: &str, all: &[SymbolRef]) -> Finding {
    let count = match all.len() {
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    };
    let mut finding = RULE.finding(
        name,
        format!("`{name}` is defined {count} in this link"),
        format!(
            "rename one of them, or keep it to its own object: without `global {name}` in \
             NASM, `static` in C, without `no_mangle` in Rust"
        ),
    );
    for (i, symbol) in all.iter().enumerate() {
        let object = facts.object_name(*symbol);
        let label = if i == 0 {
            format!("first defined here, in `{object}`")
        } else {
            format!("defined again here, in `{object}`")
        };
        finding.places.push(facts.definition(*symbol, label));
    }
    finding
}
