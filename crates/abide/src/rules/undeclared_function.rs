use std::collections::BTreeMap;

use super::clashing_declaration::is_defined_in_assembly;
use super::facts::Facts;
use super::{Finding, Level, Outcome, Rule, TABLES_DECIDE};
use crate::inputs::link::{SymbolRef, is_demand};
use crate::inputs::{Language, SymbolIndex};

pub(super) static RULE: Rule = Rule {
    id: "undeclared_function",
    level: Level::Warn,
    page: include_str!("undeclared_function.md"),
    never_unknown: Some(TABLES_DECIDE),
    check: super::Check::Names(check),
};

fn check(facts: &Facts<'_>) -> Outcome {
    if !facts.signatures.is_given {
        return Outcome::NotApplicable(
            "no declarations were given, so that no function is held to one: `--signatures` says \
             where they are",
        );
    }
    let mut missing: BTreeMap<&str, SymbolRef> = BTreeMap::new();
    for (number, object) in facts.unit.objects.iter().enumerate() {
        if !matches!(object.language, Language::Rust | Language::C) {
            continue;
        }
        for (symbol, found) in (0..).map(SymbolIndex).zip(&object.symbols) {
            let is_told = !facts.signatures.of(&found.name).is_empty();
            if is_demand(found) && !is_told {
                let object = number;
                let seeker = SymbolRef { object, symbol };
                missing.entry(&found.name).or_insert(seeker);
            }
        }
    }
    let findings = missing.into_iter().filter_map(|(name, seeker)| {
        let definition = facts.unit.definition(name)?;
        let is_code = facts.is_code(definition);
        (is_code && is_defined_in_assembly(facts, Some(definition)))
            .then(|| finding(facts, name, definition, seeker))
    });
    Outcome::Judged(findings.collect())
}

fn finding(facts: &Facts<'_>, name: &str, definition: SymbolRef, seeker: SymbolRef) -> Finding {
    let mut finding = RULE.finding(
        name,
        format!("no declaration of `{name}` was seen"),
        format!(
            "give what was compiled with it by `--signatures`, so that `{name}` can be held to its \
             declaration"
        ),
    );
    let label = format!("`{name}` is defined here");
    finding.places.push(facts.definition(definition, label));
    let place = facts.reference(seeker, format!("`{name}` is referred to here"));
    finding.places.push(place);
    finding
}
