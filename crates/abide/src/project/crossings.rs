//! What assembly and the rest of a link unit refer to in each other.

use std::collections::{BTreeMap, BTreeSet};

use super::contracts::Unit;
use super::reporter::unit_place;
use super::verdicts::{RootVerdicts, Verdict};
use crate::contracts::Derived;
use crate::inputs::link::{SymbolRef, UnitPlace};
use crate::inputs::{
    Binding, Language, Named, RelocationTarget, SectionIndex, SymbolIndex, SymbolKind, SymbolPlace,
    demangle,
};
use crate::report::crossings::{Crossing, Declared, Defined, RootVerdict, Side};
use crate::rules::Facts;
use crate::signatures::{CallConvention, Signature};

/// A crossing, and where what is referred to begins.
pub(super) struct Found {
    crossing: Crossing,
    place: Option<UnitPlace>,
}

/// The crossings that relocations tell, by their symbols.
pub(super) fn of(facts: &Facts<'_>) -> Vec<Found> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for object in 0..facts.unit.objects.len() {
        for (symbol, from) in references(facts, object) {
            let Some(reference) = resolve(facts, object, symbol) else {
                continue;
            };
            let is_crossing = (from == Side::Assembly) != (reference.to == Side::Assembly);
            // What compiled code takes from elsewhere is none of ours.
            let is_ours = from == Side::Assembly || reference.to != Side::Outside;
            let key = (
                reference.name.to_owned(),
                from,
                reference.to,
                reference.place,
            );
            if is_crossing && is_ours && seen.insert(key) {
                found.push(reference.crossing(facts, from));
            }
        }
    }
    found
}

/// The symbols that an object's code and data refer to, each with who does.
fn references(facts: &Facts<'_>, number: usize) -> BTreeSet<(SymbolIndex, Side)> {
    let mut found = BTreeSet::new();
    let Some(object) = facts.unit.objects.get(number) else {
        return found;
    };
    let sections = object.sections.iter().zip((0..).map(SectionIndex));
    let assembly = facts.assembly(number);
    // Beside compiled code, assembly and what it calls may be local.
    let is_mixed = object.language == Language::Rust && assembly.is_some_and(|a| !a.is_none());
    let named = is_mixed.then(|| Named::of(object));
    // Unwind tables refer to what they describe.
    let sections =
        sections.filter(|(section, _)| section.flags.alloc && section.name != ".eh_frame");
    for (section, index) in sections {
        for relocation in &section.relocations {
            let symbol = match (relocation.target, &named) {
                (RelocationTarget::Symbol(symbol), _) => Some(symbol),
                (_, Some(named)) => named.by(relocation),
                _ => None,
            };
            if let Some(symbol) = symbol {
                found.insert((symbol, side_of(facts, number, index, relocation.offset)));
            }
        }
    }
    found
}

/// What a place is written in.
fn side_of(facts: &Facts<'_>, number: usize, section: SectionIndex, offset: u64) -> Side {
    let Some(object) = facts.unit.objects.get(number) else {
        return Side::Outside;
    };
    let is_code = || {
        let section = object.sections.get(section.0 as usize);
        section.is_some_and(|section| section.flags.execute)
    };
    let is_traced = || {
        let assembly = facts.assembly(number);
        assembly.is_some_and(|assembly| assembly.trace(section, offset).is_some())
    };
    match object.language {
        Language::Assembly | Language::Unknown => Side::Assembly,
        Language::C => Side::C,
        Language::Rust if is_code() && is_traced() => Side::Assembly,
        Language::Rust => Side::Rust,
    }
}

/// What a symbol stands for.
struct Reference<'a> {
    name: &'a str,
    to: Side,
    definition: Option<SymbolRef>,
    place: Option<(usize, SectionIndex, u64)>,
}

fn resolve<'a>(facts: &Facts<'a>, object: usize, symbol: SymbolIndex) -> Option<Reference<'a>> {
    let own = SymbolRef { object, symbol };
    let named = facts.unit.symbol(own)?;
    if named.name.is_empty() || matches!(named.kind, SymbolKind::Section | SymbolKind::File) {
        return None;
    }
    let own_definition = (named.place != SymbolPlace::Undefined).then_some(own);
    let definition = match named.binding {
        Binding::Local => own_definition,
        _ => facts.unit.definition(&named.name).or(own_definition),
    };
    let defined = definition.and_then(|definition| facts.unit.symbol(definition));
    let (to, place) = match (
        definition,
        defined.map(|defined| (defined.place, defined.value)),
    ) {
        (Some(definition), Some((SymbolPlace::Section(section), offset))) => (
            side_of(facts, definition.object, section, offset),
            Some((definition.object, section, offset)),
        ),
        // What the linker itself makes a name of crosses nothing.
        _ if facts.unit.is_defined(&named.name) => return None,
        _ => (Side::Outside, None),
    };
    Some(Reference {
        name: &named.name,
        to,
        definition,
        place,
    })
}

impl Reference<'_> {
    fn crossing(&self, facts: &Facts<'_>, from: Side) -> Found {
        let place = self.place.map(|(object, section, offset)| UnitPlace {
            object,
            section,
            offset,
        });
        let is_function = self.definition.map(|definition| facts.is_code(definition));
        let crossing = crossing(facts, self.name, from, self.to, place);
        Found {
            crossing: Crossing {
                is_function,
                ..crossing
            },
            place,
        }
    }
}

fn crossing(
    facts: &Facts<'_>,
    name: &str,
    from: Side,
    to: Side,
    place: Option<UnitPlace>,
) -> Crossing {
    let signatures = facts.signatures;
    let signature = signatures.first(name).or(signatures.of(name).first());
    let defined = place.and_then(|place| {
        let location = facts.location(place, "");
        let line = location.line;
        location.place.map(|place| Defined { place, line })
    });
    Crossing {
        symbol: name.to_owned(),
        demangled: demangle(name),
        from,
        to,
        is_function: None,
        convention: signature.map(|signature| convention(signature).to_owned()),
        signature: signature.map(ToString::to_string),
        declared: signature.map(declared),
        defined,
        verdict: None,
    }
}

fn declared(signature: &Signature) -> Declared {
    match &signature.line {
        Some(line) => Declared {
            file: line.file.to_string(),
            line: Some(line.line),
        },
        None => Declared {
            file: signature.file.clone(),
            line: None,
        },
    }
}

const fn convention(signature: &Signature) -> &'static str {
    match signature.convention {
        CallConvention::C => "C",
        CallConvention::SystemV => "sysv64",
        CallConvention::Win64 => "win64",
        CallConvention::Stdcall => "stdcall",
        CallConvention::Fastcall => "fastcall",
        CallConvention::Thiscall => "thiscall",
        CallConvention::Other => "other",
    }
}

/// Adds what was decided of the roots, and the roots that no reference by name leads to.
pub(super) fn add_verdicts(found: &mut Vec<Found>, facts: &Facts<'_>, unit: &Unit) {
    let mut by_place: BTreeMap<UnitPlace, Vec<usize>> = BTreeMap::new();
    for (number, found) in found.iter().enumerate() {
        if let Some(place) = found.place.filter(|_| found.crossing.to == Side::Assembly) {
            by_place.entry(place).or_default().push(number);
        }
    }
    for root in &unit.roots {
        let place = unit_place(&unit.image, root.root.place);
        let of_root = by_place.entry(place).or_default();
        if of_root.is_empty() {
            let from = side_by(root.root.derived);
            let name = unit.image.name_of(root.root.place).map(|(name, _)| name);
            let name = name.unwrap_or(&root.root.name);
            let crossing = Crossing {
                is_function: Some(true),
                ..crossing(facts, name, from, Side::Assembly, Some(place))
            };
            of_root.push(found.len());
            found.push(Found {
                crossing,
                place: Some(place),
            });
        }
        for &number in of_root.iter() {
            found[number].crossing.take(root);
        }
    }
}

/// Who leads to a root that nobody names.
const fn side_by(derived: Derived) -> Side {
    match derived {
        Derived::Exported | Derived::Named | Derived::Naked => Side::Outside,
        _ => Side::Pointer,
    }
}

impl Crossing {
    fn take(&mut self, root: &RootVerdicts) {
        let mut verdict = RootVerdict::default();
        for (_, of_rule) in &root.verdicts {
            *match of_rule {
                Verdict::Proved => &mut verdict.proved,
                Verdict::Refuted(_) => &mut verdict.refuted,
                Verdict::Possible(_) => &mut verdict.possible,
                Verdict::Unknown(_) => &mut verdict.unknown,
            } += 1;
        }
        self.verdict = Some(verdict);
        self.convention = Some(root.contract.convention.name.to_owned());
        if root.contract.interrupt.is_some() {
            self.from = Side::Hardware;
        }
    }
}

/// The crossings for the report: by name, each way once.
pub(super) fn listed(found: Vec<Found>) -> Vec<Crossing> {
    let mut all: Vec<Crossing> = found.into_iter().map(|found| found.crossing).collect();
    let key = |crossing: &Crossing| {
        let place = crossing.defined.as_ref().map(|defined| &defined.place);
        let place = place.map(|place| (place.object.clone(), place.section.clone(), place.offset));
        (crossing.symbol.clone(), crossing.from, crossing.to, place)
    };
    all.sort_by_cached_key(key);
    all.dedup_by_key(|crossing| key(crossing));
    all
}
