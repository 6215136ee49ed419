use std::collections::BTreeMap;

use super::facts::{Facts, in_source};
use super::{Finding, Level, Outcome, Rule};
use crate::inputs::link::{SymbolRef, UnitPlace};
use crate::inputs::{Language, SymbolPlace, demangle, referred_by_assembly, shown_name};
use crate::signatures::rust_source::{ItemKind, RustItem, RustSource};

pub(super) static RULE: Rule = Rule {
    id: "rust_abi_call",
    level: Level::Deny,
    page: include_str!("rust_abi_call.md"),
    never_unknown: Some("source decides it"),
    check: super::Check::Names(check),
};

fn check(facts: &Facts<'_>) -> Outcome {
    let own = Functions::of(facts.source);
    let mut found: BTreeMap<&str, (&RustItem, UnitPlace)> = BTreeMap::new();
    for (number, object) in facts.unit.objects.iter().enumerate() {
        let Some(assembly) = facts.assembly(number) else {
            continue;
        };
        for (symbol, section, offset) in referred_by_assembly(object, assembly) {
            let seeker = SymbolRef {
                object: number,
                symbol,
            };
            let place = UnitPlace {
                object: number,
                section,
                offset,
            };
            let name = facts.unit.symbol(seeker).map(|symbol| symbol.name.as_str());
            let Some(name) = name.filter(|_| is_rust(facts, seeker)) else {
                continue;
            };
            if let Some(item) = own.named(name) {
                found.entry(name).or_insert((item, place));
            }
        }
    }
    let findings = found.into_iter();
    let findings = findings.map(|(name, (item, place))| finding(facts, name, item, place));
    Outcome::Judged(findings.collect())
}

/// Whether a symbol is Rust's: what another object defines in its place is not.
fn is_rust(facts: &Facts<'_>, seeker: SymbolRef) -> bool {
    let Some(symbol) = facts.unit.symbol(seeker) else {
        return false;
    };
    let definition = match symbol.place {
        SymbolPlace::Undefined => facts.unit.definition(&symbol.name),
        _ => Some(seeker),
    };
    let Some(definition) = definition else {
        return true;
    };
    let object = facts.unit.objects.get(definition.object);
    let assembly = facts.assembly(definition.object);
    let defined = facts.unit.symbol(definition);
    let is_traced = match (
        assembly,
        defined.map(|defined| (defined.place, defined.value)),
    ) {
        (Some(assembly), Some((SymbolPlace::Section(section), offset))) => {
            assembly.trace(section, offset).is_some()
        }
        _ => false,
    };
    object.is_none_or(|object| object.language == Language::Rust) && !is_traced
}

/// The functions that Rust source defines.
struct Functions<'a> {
    by_symbol: BTreeMap<&'a str, Vec<&'a RustItem>>,
    /// Those whose names rustc mangles.
    by_name: BTreeMap<&'a str, Vec<&'a RustItem>>,
}

impl<'a> Functions<'a> {
    fn of(source: &'a RustSource) -> Self {
        let mut functions = Self {
            by_symbol: BTreeMap::new(),
            by_name: BTreeMap::new(),
        };
        let items = source.definitions.iter();
        for item in items.filter(|item| matches!(item.kind, ItemKind::Function { .. })) {
            let of_name = match item.symbol.as_deref() {
                Some(symbol) => functions.by_symbol.entry(symbol),
                None => functions.by_name.entry(&item.name),
            };
            of_name.or_default().push(item);
        }
        functions
    }

    /// The function of Rust's own convention that a symbol is.
    fn named(&self, symbol: &str) -> Option<&'a RustItem> {
        let items = match demangle(symbol) {
            None => self.by_symbol.get(symbol)?,
            // Modules are not told apart: a name must be the only one.
            Some(name) => {
                let items = self.by_name.get(name.rsplit("::").next()?)?;
                items.first().filter(|_| items.len() == 1)?;
                items
            }
        };
        // Of several, one may be for another target.
        let is_rusts = items.iter().all(|item| item.abi.is_none());
        items.first().copied().filter(|_| is_rusts)
    }
}

fn finding(facts: &Facts<'_>, symbol: &str, item: &RustItem, place: UnitPlace) -> Finding {
    let name = shown_name(symbol);
    let mut finding = RULE.finding(
        &name,
        format!("assembly refers to `{name}`, a function of Rust's own convention"),
        format!("write `extern \"C\"` before `fn {}`", item.name),
    );
    let label = "Rust may pass its arguments and result as it likes";
    finding.places.push(in_source(item, label));
    let place = facts.location(place, "assembly refers to it here");
    finding.places.push(place);
    finding.notes.push(
        "where the two conventions agree today, nothing says that they will tomorrow".to_owned(),
    );
    finding
}
