use std::collections::BTreeMap;

use super::clashing_declaration::is_defined_in_assembly;
use super::facts::Facts;
use super::{Finding, Level, Location, Outcome, Rule, TABLES_DECIDE};
use crate::inputs::link::{SymbolRef, is_demand};
use crate::inputs::{Language, SymbolIndex, library_of};

/// So many functions of one library are told one by one.
const MOST_ALONE: usize = 3;

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
    let mut libraries: BTreeMap<&str, Vec<Missing<'_>>> = BTreeMap::new();
    for (name, seeker) in missing {
        let definition = facts.unit.definition(name);
        let definition = definition.filter(|&it| facts.is_code(it));
        if let Some(definition) = definition
            && is_defined_in_assembly(facts, Some(definition))
        {
            let library = library_of(facts.object_name(definition));
            libraries.entry(library).or_default().push(Missing {
                name,
                definition,
                seeker,
            });
        }
    }
    let findings =
        libraries
            .into_iter()
            .flat_map(|(library, missing)| match missing.len() > MOST_ALONE {
                true => vec![of_library(facts, library, &missing)],
                false => missing.iter().map(|one| of_one(facts, one)).collect(),
            });
    Outcome::Judged(findings.collect())
}

/// A function, and who refers to it.
struct Missing<'a> {
    name: &'a str,
    definition: SymbolRef,
    seeker: SymbolRef,
}

fn of_one(facts: &Facts<'_>, missing: &Missing<'_>) -> Finding {
    let name = missing.name;
    let mut finding = RULE.finding(
        name,
        format!("no declaration of `{name}` was seen"),
        help(facts, missing, &format!("`{name}`")),
    );
    finding.places.push(defined(facts, missing));
    let label = format!("`{name}` is referred to here");
    finding.places.push(facts.reference(missing.seeker, label));
    finding
}

/// A library that was compiled without debug information has hundreds, and one cause.
fn of_library(facts: &Facts<'_>, library: &str, all: &[Missing<'_>]) -> Finding {
    let mut finding = RULE.finding(
        library,
        format!(
            "no declaration was seen of {} functions of `{library}`",
            all.len()
        ),
        all.first()
            .map_or_else(String::new, |first| help(facts, first, "each")),
    );
    let places = all.iter().map(|missing| defined(facts, missing));
    finding.places.extend(places);
    finding
}

fn defined(facts: &Facts<'_>, missing: &Missing<'_>) -> Location {
    let label = format!("`{}` is defined here", missing.name);
    facts.definition(missing.definition, label)
}

fn help(facts: &Facts<'_>, missing: &Missing<'_>, which: &str) -> String {
    let seeker = facts.unit.objects.get(missing.seeker.object);
    let source = match seeker.map(|object| object.language) {
        Some(Language::C) => {
            "compile the C code that calls it with debug information (`-g`), or give a list"
        }
        _ => "give what was compiled with it",
    };
    format!("{source} by `--signatures`, so that {which} can be held to its declaration")
}
