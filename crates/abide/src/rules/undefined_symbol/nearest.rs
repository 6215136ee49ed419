//! Names like the missing one.

use std::collections::HashSet;

use crate::inputs::demangle;
use crate::inputs::link::is_demand;
use crate::rules::Facts;

/// How many are shown.
const SHOWN: usize = 3;

/// The defined names nearest to `name`, the nearest first; equally near ones by alphabet.
///
/// A name that nobody looks for comes before one that somebody does: it is what a definition
/// was renamed to.
pub(super) fn names<'a>(facts: &'a Facts<'_>, name: &str) -> Vec<&'a str> {
    let wanted = wanted(facts);
    let mut near: Vec<(bool, usize, &str)> = facts
        .unit
        .defined_names()
        .filter(|other| demangle(other).is_none())
        .filter_map(|other| Some((wanted.contains(other), distance(name, other)?, other)))
        .collect();
    near.sort_unstable();
    near.truncate(SHOWN);
    near.into_iter().map(|(.., other)| other).collect()
}

fn wanted<'a>(facts: &'a Facts<'_>) -> HashSet<&'a str> {
    let symbols = facts.unit.objects.iter().flat_map(|object| &object.symbols);
    let demands = symbols.filter(|symbol| is_demand(symbol));
    let entry = facts.unit.options.entry.as_deref();
    demands
        .map(|symbol| symbol.name.as_str())
        .chain(entry)
        .collect()
}

/// The edits between two names, where these are few for their length, as rustc counts it, or
/// where one name contains the other.
fn distance(name: &str, other: &str) -> Option<usize> {
    let limit = name.len().max(3) / 3;
    if name.len().abs_diff(other.len()) <= limit {
        let edits = strsim::damerau_levenshtein(name, other);
        if edits <= limit {
            return Some(edits);
        }
    }
    // A prefix or suffix more is one edit to a person; an honest edit is the likelier mistake.
    let (shorter, longer) = (name.len().min(other.len()), name.len().max(other.len()));
    let contained = 3 * shorter >= 2 * longer && (name.contains(other) || other.contains(name));
    contained.then_some(limit + longer - shorter)
}
