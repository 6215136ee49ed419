use std::collections::BTreeMap;

use super::facts::{Facts, in_source};
use super::{Finding, Level, Outcome, Rule};
use crate::inputs::link::{SymbolRef, is_demand};
use crate::inputs::{Language, SymbolIndex};
use crate::signatures::rust_source::{ItemKind, RustItem};

pub(super) static RULE: Rule = Rule {
    id: "rust_abi_call",
    level: Level::Deny,
    page: include_str!("rust_abi_call.md"),
    never_unknown: Some("source decides it"),
    check: super::Check::Names(check),
};

fn check(facts: &Facts<'_>) -> Outcome {
    let mut own: BTreeMap<&str, Vec<&RustItem>> = BTreeMap::new();
    for item in &facts.source.definitions {
        let is_function = matches!(item.kind, ItemKind::Function { .. });
        if let Some(symbol) = item.symbol.as_deref().filter(|_| is_function) {
            own.entry(symbol).or_default().push(item);
        }
    }
    // Of several, one may be for another target.
    own.retain(|_, items| items.iter().all(|item| item.abi.is_none()));
    let mut found: BTreeMap<&str, SymbolRef> = BTreeMap::new();
    for (number, object) in facts.unit.objects.iter().enumerate() {
        if object.language != Language::Assembly {
            continue;
        }
        for (symbol, demand) in (0..).map(SymbolIndex).zip(&object.symbols) {
            if is_demand(demand) && own.contains_key(demand.name.as_str()) {
                let object = number;
                let seeker = SymbolRef { object, symbol };
                found.entry(&demand.name).or_insert(seeker);
            }
        }
    }
    let findings = found.into_iter().filter_map(|(name, seeker)| {
        let item = own.get(name)?.first()?;
        // What another object defines in its place is not this function.
        let definition = facts.unit.definition(name);
        let object = definition.and_then(|symbol| facts.unit.objects.get(symbol.object));
        let is_it = object.is_none_or(|object| object.language == Language::Rust);
        is_it.then(|| finding(facts, name, item, seeker))
    });
    Outcome::Judged(findings.collect())
}

fn finding(facts: &Facts<'_>, name: &str, item: &RustItem, seeker: SymbolRef) -> Finding {
    let mut finding = RULE.finding(
        name,
        format!("assembly refers to `{name}`, a function of Rust's own convention"),
        format!("write `extern \"C\"` before `fn {name}`"),
    );
    let label = "Rust may pass its arguments and result as it likes";
    finding.places.push(in_source(item, label));
    let place = facts.reference(seeker, "assembly refers to it here");
    finding.places.push(place);
    finding.notes.push(
        "where the two conventions agree today, nothing says that they will tomorrow".to_owned(),
    );
    finding
}
