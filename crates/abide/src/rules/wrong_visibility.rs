use std::collections::BTreeMap;

use super::facts::Facts;
use super::{Finding, Level, Outcome, Rule, TABLES_DECIDE};
use crate::inputs::link::{Output, SymbolRef, UnitPlace, is_demand};
use crate::inputs::{
    Format, Object, ObjectKind, RelocationKind, RelocationTarget, SectionIndex, SymbolPlace,
    Visibility,
};

pub(super) static RULE: Rule = Rule {
    id: "wrong_visibility",
    level: Level::Warn,
    page: include_str!("wrong_visibility.md"),
    never_unknown: Some(TABLES_DECIDE),
    check: super::Check::Names(check),
};

fn check(facts: &Facts<'_>) -> Outcome {
    let unit = facts.unit;
    let is_elf = unit
        .target
        .is_some_and(|target| matches!(target.format, Format::Elf { .. }));
    let shared = unit
        .images
        .iter()
        .any(|image| image.kind == ObjectKind::Shared);
    if !is_elf || !(shared || unit.options.output == Some(Output::Shared)) {
        return Outcome::NotApplicable("no shared object is linked or made");
    }
    let mut findings = hidden_from_shared(facts);
    if unit.options.output == Some(Output::Shared) {
        findings.extend(called_past_the_plt(facts));
    }
    Outcome::Judged(findings)
}

/// What a shared object looks for at run time must not be hidden in this link.
fn hidden_from_shared(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = BTreeMap::new();
    for image in facts
        .unit
        .images
        .iter()
        .filter(|image| image.kind == ObjectKind::Shared)
    {
        for symbol in image
            .dynamic_symbols
            .iter()
            .filter(|symbol| is_demand(symbol))
        {
            if let Some(hidden) = only_hidden(facts, &symbol.name) {
                findings
                    .entry(symbol.name.as_str())
                    .or_insert_with(|| hidden_finding(facts, hidden, &symbol.name, image));
            }
        }
    }
    findings.into_values().collect()
}

fn only_hidden(facts: &Facts<'_>, name: &str) -> Option<SymbolRef> {
    let definitions = facts.unit.definitions(name);
    let hidden = |symbol: &SymbolRef| {
        let found = facts.unit.symbol(*symbol);
        found.is_some_and(|s| matches!(s.visibility, Visibility::Hidden | Visibility::Internal))
    };
    let first = *definitions.first()?;
    definitions.iter().all(hidden).then_some(first)
}

fn hidden_finding(facts: &Facts<'_>, symbol: SymbolRef, name: &str, image: &Object) -> Finding {
    let by = &image.name;
    let mut finding = RULE.finding(
        name,
        format!("`{name}` is hidden, but `{by}` looks for it at run time"),
        format!("drop `hidden` from `global {name}` in NASM, `.hidden {name}` in GNU as"),
    );
    let object = facts.object_name(symbol);
    finding
        .places
        .push(facts.definition(symbol, format!("hidden here, in `{object}`")));
    finding
}

/// A direct reference to a symbol that another module may replace: GNU ld refuses it in a
/// shared object, where the reference would bypass the replacement.
fn called_past_the_plt(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings: BTreeMap<&str, Finding> = BTreeMap::new();
    for (number, object) in facts.unit.objects.iter().enumerate() {
        for (index, section) in (0..).map(SectionIndex).zip(&object.sections) {
            if !facts.unit.is_live(number, index) {
                continue;
            }
            for relocation in &section.relocations {
                if relocation.kind != RelocationKind::Relative {
                    continue;
                }
                let RelocationTarget::Symbol(symbol) = relocation.target else {
                    continue;
                };
                let reference = SymbolRef {
                    object: number,
                    symbol,
                };
                if let Some((name, definition)) = replaceable(facts, reference) {
                    let finding = findings
                        .entry(name)
                        .or_insert_with(|| bypass_finding(facts, definition, name));
                    let place = UnitPlace {
                        object: number,
                        section: index,
                        offset: relocation.offset,
                    };
                    finding
                        .places
                        .push(facts.location(place, "referred to directly here"));
                }
            }
        }
    }
    findings.into_values().collect()
}

/// The definition in the unit that the reference means, where it may be replaced at run time.
fn replaceable<'a>(facts: &'a Facts<'_>, reference: SymbolRef) -> Option<(&'a str, SymbolRef)> {
    let referred = facts.unit.symbol(reference)?;
    let definition = match referred.place {
        SymbolPlace::Undefined => *facts.unit.definitions(&referred.name).first()?,
        _ => reference,
    };
    let visible =
        |symbol| facts.unit.symbol(symbol).map(|s| s.visibility) == Some(Visibility::Default);
    let is_global = facts.unit.definitions(&referred.name).contains(&definition);
    // The most restricted visibility of all mentions holds (gABI, "Symbol Visibility").
    (is_global && visible(definition) && visible(reference)).then_some((&referred.name, definition))
}

fn bypass_finding(facts: &Facts<'_>, definition: SymbolRef, name: &str) -> Finding {
    let object = facts.object_name(definition);
    let mut finding = RULE.finding(
        name,
        format!("`{name}` may be replaced at run time, but is referred to directly"),
        format!(
            "write `global {name}:function hidden` if only this library uses it, or refer to it \
             through `{name} wrt ..plt`"
        ),
    );
    finding.places.push(facts.definition(
        definition,
        format!("defined here, in `{object}`, for everyone"),
    ));
    finding
}
