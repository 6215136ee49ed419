//! Which sections `--gc-sections` keeps: those that the entry reaches by relocations.

use std::collections::HashSet;

use super::{LinkUnit, SymbolRef};
use crate::inputs::{Relocation, RelocationTarget, SectionIndex, SymbolPlace};

type Found = HashSet<(usize, SectionIndex)>;

/// The sections that stay, by object.
///
/// Sections that GNU ld's default script keeps are roots too. `.eh_frame` is none, and what it
/// alone refers to counts as dropped: its entries go with the functions that they describe.
pub(super) fn sections(unit: &LinkUnit) -> Found {
    let mut found = Found::new();
    let mut open = roots(unit);
    while let Some((object, section)) = open.pop() {
        if !found.insert((object, section)) {
            continue;
        }
        let relocations = unit
            .objects
            .get(object)
            .and_then(|object| object.sections.get(section.0 as usize))
            .map_or(&[][..], |section| &section.relocations);
        open.extend(relocations.iter().filter_map(|r| target(unit, object, r)));
    }
    found
}

fn roots(unit: &LinkUnit) -> Vec<(usize, SectionIndex)> {
    let script = unit.options.script.as_ref();
    let wanted = script.iter().flat_map(|script| &script.wanted);
    let by_name = unit.options.entry.iter().chain(wanted);
    let mut roots: Vec<_> = by_name
        .flat_map(|name| unit.definitions(name))
        .filter_map(|symbol| home(unit, *symbol))
        .collect();
    for (number, object) in unit.objects.iter().enumerate() {
        for (index, section) in (0..).map(SectionIndex).zip(&object.sections) {
            let kept = is_kept_by_default(&section.name)
                || script.is_some_and(|script| script.keeps(&section.name));
            if section.flags.alloc && kept {
                roots.push((number, index));
            }
        }
    }
    roots
}

fn is_kept_by_default(section: &str) -> bool {
    const KEPT: &[&str] = &[
        ".init",
        ".fini",
        ".init_array",
        ".fini_array",
        ".preinit_array",
        ".ctors",
        ".dtors",
    ];
    KEPT.iter().any(|kept| {
        section
            .strip_prefix(kept)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

fn target(
    unit: &LinkUnit,
    object: usize,
    relocation: &Relocation,
) -> Option<(usize, SectionIndex)> {
    match relocation.target {
        RelocationTarget::Section(section) => Some((object, section)),
        RelocationTarget::Symbol(symbol) => home(unit, SymbolRef { object, symbol }),
        RelocationTarget::Absolute => None,
    }
}

/// The section of the symbol's definition, in its own object or another.
fn home(unit: &LinkUnit, symbol: SymbolRef) -> Option<(usize, SectionIndex)> {
    let found = unit.symbol(symbol)?;
    match found.place {
        SymbolPlace::Section(section) => Some((symbol.object, section)),
        SymbolPlace::Undefined => {
            let definition = unit.definition(&found.name)?;
            match unit.symbol(definition)?.place {
                SymbolPlace::Section(section) => Some((definition.object, section)),
                _ => None,
            }
        }
        _ => None,
    }
}
