//! What `lost_across_call` and `undefined_register_read` have in common:
//! garbage that decides something.

use super::{Candidate, RootFacts, Symptom};
use crate::inputs::Place;
use crate::interpret::{Base, Event, Use};
use crate::registers::Register;

const LEFT_BY_SEARCH: &str = "it is left only where `bsf` or `bsr` searches a zero: whoever writes \
                              them so says that there is a bit to be found";

/// Where garbage comes from.
pub(super) enum Source {
    /// The root's entry.
    Entry(Register),
    /// A call, at this place.
    Call(Register, Place),
}

/// The garbage that decides something, and what is to be said of it.
pub(super) fn uses(
    root: &RootFacts<'_>,
    say: impl Fn(&Source, &str) -> Option<(String, String)>,
) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for seen in root.events() {
        let Event::UndefinedUse { garbage, used } = seen.event else {
            continue;
        };
        let source = match root.terms.get(garbage.source) {
            Base::Entry(register) => Source::Entry(register),
            Base::Site {
                lost: Some(register),
                place,
                ..
            } => Source::Call(register, place),
            _ => continue,
        };
        let Some((message, help)) = say(&source, &root.name(seen.place)) else {
            continue;
        };
        let (register, cause) = match source {
            Source::Entry(register) => (register, root.root.place),
            Source::Call(register, place) => (register, place),
        };
        candidates.push(Candidate {
            place: seen.place,
            cause,
            block: seen.block,
            symptom: match garbage.is_left {
                true => Symptom::LeftBySearch(register),
                false => Symptom::Undefined(register),
            },
            at_most: None,
            message,
            label: format!("{} depends on it", used_for(used)),
            notes: match garbage.is_left {
                true => vec![LEFT_BY_SEARCH.to_owned()],
                false => Vec::new(),
            },
            help,
        });
    }
    candidates
}

fn used_for(used: Use) -> &'static str {
    match used {
        Use::Address => "the address that is accessed here",
        Use::Branch => "the way that is taken here",
        Use::Target => "the target of this jump or call",
    }
}
