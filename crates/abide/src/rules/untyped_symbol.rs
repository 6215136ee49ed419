use super::facts::Facts;
use super::{Finding, Level, Outcome, Rule, TABLES_DECIDE};
use crate::inputs::link::{SymbolRef, is_definition};
use crate::inputs::{Format, Object, Symbol, SymbolIndex, SymbolKind, SymbolPlace};

pub(super) static RULE: Rule = Rule {
    id: "untyped_symbol",
    level: Level::Warn,
    page: include_str!("untyped_symbol.md"),
    never_unknown: Some(TABLES_DECIDE),
    check: super::Check::Names(check),
};

fn check(facts: &Facts<'_>) -> Outcome {
    if facts.unit.objects.is_empty() {
        return Outcome::NotApplicable(super::NO_OBJECTS);
    }
    let mut findings = Vec::new();
    let mut is_elf = false;
    for (object, found) in facts.unit.objects.iter().enumerate() {
        // COFF and Mach-O have no such type, or none that a linker uses.
        if !matches!(found.format, Format::Elf { .. }) {
            continue;
        }
        is_elf = true;
        for (symbol, label) in (0..).map(SymbolIndex).zip(&found.symbols) {
            if is_untyped_code(found, label) {
                findings.push(finding(facts, SymbolRef { object, symbol }, &label.name));
            }
        }
    }
    if is_elf {
        Outcome::Judged(findings)
    } else {
        Outcome::NotApplicable("only ELF symbols have types that linkers use")
    }
}

fn is_untyped_code(object: &Object, symbol: &Symbol) -> bool {
    let SymbolPlace::Section(section) = symbol.place else {
        return false;
    };
    let section = object.sections.get(section.0 as usize);
    symbol.kind == SymbolKind::Untyped
        && is_definition(symbol)
        // A label at the very end marks the end; it is nothing to be called.
        && section.is_some_and(|s| s.flags.execute && s.flags.alloc && symbol.value < s.size)
}

fn finding(facts: &Facts<'_>, symbol: SymbolRef, name: &str) -> Finding {
    let mut finding = RULE.finding(
        name,
        format!("`{name}` is code, but its symbol does not say that it is a function"),
        format!(
            "write `global {name}:function` in NASM, `.type {name}, @function` in GNU as; for \
             data among code, `:data` and `@object`"
        ),
    );
    let object = facts.object_name(symbol);
    finding
        .places
        .push(facts.definition(symbol, format!("defined here, in `{object}`")));
    finding
}
