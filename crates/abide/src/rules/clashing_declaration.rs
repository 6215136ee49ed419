use super::facts::Facts;
use super::{Finding, Level, Location, Outcome, Rule};
use crate::contracts::Lowered;
use crate::conventions::Convention;
use crate::inputs::link::SymbolRef;
use crate::inputs::{Language, SymbolPlace};
use crate::signatures::{CallConvention, Origin, Signature};

pub(super) static RULE: Rule = Rule {
    id: "clashing_declaration",
    level: Level::Deny,
    page: include_str!("clashing_declaration.md"),
    never_unknown: Some("declarations are compared with each other"),
    check: super::Check::Names(check),
};

fn check(facts: &Facts<'_>) -> Outcome {
    let symbols = facts.signatures.symbols();
    let findings = symbols.filter_map(|(symbol, said)| {
        let clash = clash(said, facts.platform)?;
        let definition = facts.unit.definition(symbol);
        is_crossing(facts, symbol, definition)
            .then(|| finding(facts, symbol, definition, said, clash))
    });
    let findings = findings.chain(smaller_statics(facts));
    Outcome::Judged(findings.collect())
}

/// Statics that assembly gives fewer bytes than Rust declares.
fn smaller_statics<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = Finding> + 'a {
    facts.source.declarations.iter().filter_map(|item| {
        let name = item.symbol.as_deref()?;
        let ty = facts.source.static_of(item)?.ty?;
        let definition = facts.unit.definition(name)?;
        let wanted = ty.layout.as_ref()?.size;
        let given = facts.unit.room_of(definition)?;
        // A label behind the last byte, like a stack's top, has an address and nothing else.
        let is_end = given == 0;
        let is_clash = given < wanted && !is_end && is_defined_in_assembly(facts, Some(definition));
        is_clash.then(|| {
            let mut finding = RULE.finding(
                name,
                format!("`{name}` is declared larger than it is"),
                format!("declare `{name}` as what its definition has"),
            );
            let declared = format!("declared as `{}`, {wanted} bytes", ty.name);
            finding.places.push(Location {
                place: None,
                line: Some(item.line.clone()),
                label: declared,
            });
            let label = format!("`{name}` is defined here, with {given} bytes at most");
            finding.places.push(facts.definition(definition, label));
            finding
        })
    })
}

/// Two signatures that cannot both be true.
struct Clash<'a> {
    one: &'a Signature,
    other: &'a Signature,
}

impl Clash<'_> {
    /// Whether modules that a target chooses between may have them: nothing that was compiled does.
    fn is_between_files(&self) -> bool {
        let is_source = [self.one, self.other].map(|one| one.origin == Origin::Source);
        is_source == [true, true] && self.one.file != self.other.file
    }
}

/// The first two declarations that pass something in different places. What source says under
/// conditions that its reader does not know is heard only where nothing else is said.
fn clash<'a>(said: &'a [Signature], platform: &'static Convention) -> Option<Clash<'a>> {
    let is_compiled = |signature: &&Signature| signature.origin != Origin::Source;
    let compiled: Vec<&Signature> = said.iter().filter(is_compiled).collect();
    let heard = match compiled.is_empty() {
        // Conventions of other processors stand in modules that are not compiled here.
        true => {
            let is_known = |one: &&Signature| one.convention != CallConvention::Other;
            said.iter().filter(is_known).collect()
        }
        false => compiled,
    };
    let (&one, others) = heard.split_first()?;
    let lowered = Lowered::of(one, platform);
    let clashes = |other: &&&Signature| match (&lowered, Lowered::of(other, platform)) {
        (Some(one), Some(other)) => !compatible(one, &other),
        (one, other) => one.is_some() != other.is_some(),
    };
    let other = others.iter().find(clashes)?;
    Some(Clash { one, other })
}

/// Whether each caller does what the other says; one may leave the result alone.
fn compatible(one: &Lowered, other: &Lowered) -> bool {
    let without_result = |lowered: &Lowered| Lowered {
        results: Vec::new(),
        ..lowered.clone()
    };
    let is_left = one.results.is_empty() || other.results.is_empty();
    one.agrees(other) || is_left && without_result(one).agrees(&without_result(other))
}

/// Whether assembly defines the symbol, or looks for it.
fn is_crossing(facts: &Facts<'_>, symbol: &str, definition: Option<SymbolRef>) -> bool {
    is_defined_in_assembly(facts, definition)
        || facts.unit.objects.iter().any(|object| {
            let mut symbols = object.symbols.iter();
            object.language == Language::Assembly
                && symbols
                    .any(|found| found.place == SymbolPlace::Undefined && found.name == symbol)
        })
}

/// Whether a definition is assembly.
pub(super) fn is_defined_in_assembly(facts: &Facts<'_>, definition: Option<SymbolRef>) -> bool {
    let Some(definition) = definition else {
        return false;
    };
    let object = facts.unit.objects.get(definition.object);
    let symbol = facts.unit.symbol(definition);
    object
        .zip(symbol)
        .is_some_and(|(object, symbol)| match symbol.place {
            _ if object.language == Language::Assembly => true,
            SymbolPlace::Section(section) if object.language == Language::Rust => {
                let assembly = facts.assembly(definition.object);
                assembly.is_some_and(|assembly| assembly.trace(section, symbol.value).is_some())
            }
            _ => false,
        })
}

fn finding(
    facts: &Facts<'_>,
    symbol: &str,
    definition: Option<SymbolRef>,
    said: &[Signature],
    clash: Clash<'_>,
) -> Finding {
    let mut finding = RULE.finding(
        symbol,
        format!("`{symbol}` is declared in two ways that do not agree"),
        format!(
            "declare `{symbol}` once, as its definition has it, and use that declaration everywhere"
        ),
    );
    if clash.is_between_files() {
        finding.level = finding.level.min(Level::Warn);
        finding.notes.push(
            "only source says it, of two files: where they are for different targets, one of them is \
             not compiled here"
                .to_owned(),
        );
    }
    for signature in [clash.one, clash.other] {
        let label = format!("declared as `{signature}`");
        match &signature.line {
            Some(line) => finding.places.push(Location {
                place: None,
                line: Some(line.clone()),
                label,
            }),
            None => finding.notes.push(format!(
                "`{signature}` by its {} in `{}`",
                signature.origin.text(),
                signature.file
            )),
        }
    }
    if let Some(definition) = definition {
        let label = format!("`{symbol}` is defined here");
        finding.places.push(facts.definition(definition, label));
    }
    // Source that says the second, where IR alone does not tell its line.
    let unseen = said.iter().filter(|s| s.origin == Origin::Source);
    for source in unseen.filter(|_| clash.other.line.is_none()) {
        finding
            .places
            .extend(source.line.clone().map(|line| Location {
                place: None,
                line: Some(line),
                label: format!("declared as `{source}`"),
            }));
    }
    finding
}
