//! What rules about garbage have in common: where it comes from, and what it decides.

use super::{Candidate, Level, RootFacts, Symptom};
use crate::contracts::Held;
use crate::inputs::Place;
use crate::interpret::replay::Garbled;
use crate::interpret::{Base, BaseId, Event, Use};
use crate::registers::Register;

const LEFT_BY_SEARCH: &str = "it is left only where `bsf` or `bsr` searches a zero: whoever writes \
                              them so says that there is a bit to be found";

/// Where garbage comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A register at the root's entry that is no argument by any convention.
    Entry(Register),
    /// What would be an argument, had one been declared.
    Undeclared(Whence),
    /// The bits above a narrow argument.
    Above(Whence),
    /// A call, at this place.
    Call(Register, Place),
}

/// Where an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whence {
    Register(Register),
    /// At this offset from SP at the entry.
    Stack(i64),
}

impl Source {
    /// What a base is that garbage comes from.
    pub(super) fn of(root: &RootFacts<'_>, base: BaseId) -> Option<Self> {
        let contract = root.contract;
        match root.terms.get(base) {
            Base::Entry(register) if contract.garbage_in(register) != u64::MAX => {
                Some(Self::Above(Whence::Register(register)))
            }
            Base::Entry(register) if contract.passes_parameters(register) => {
                Some(Self::Undeclared(Whence::Register(register)))
            }
            Base::Entry(register) => Some(Self::Entry(register)),
            Base::Argument(offset, _) => {
                let word = contract.word();
                let offset = offset & -word;
                let whence = Whence::Stack(offset);
                match contract.garbage_on_stack(offset, word as u16) {
                    all if all == word_mask(word) => Some(Self::Undeclared(whence)),
                    _ => Some(Self::Above(whence)),
                }
            }
            Base::Site {
                lost: Some(register),
                place,
                ..
            } => Some(Self::Call(register, place)),
            _ => None,
        }
    }

    /// Whether a register holds it at the root's entry.
    const fn is_of_entry(self) -> bool {
        match self {
            Self::Entry(_) => true,
            Self::Undeclared(whence) | Self::Above(whence) => matches!(whence, Whence::Register(_)),
            Self::Call(..) => false,
        }
    }

    /// The register that it is in, or SP for the stack.
    pub(super) const fn register(self) -> Register {
        match self {
            Self::Entry(register) | Self::Call(register, _) => register,
            Self::Undeclared(whence) | Self::Above(whence) => match whence {
                Whence::Register(register) => register,
                Whence::Stack(_) => Register::RSP,
            },
        }
    }
}

impl std::fmt::Display for Whence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Register(register) => write!(f, "`{register}`"),
            Self::Stack(offset) => write!(f, "`[rsp + {offset:#x}]`"),
        }
    }
}

/// All bits of a word of so many bytes.
const fn word_mask(bytes: i64) -> u64 {
    u64::MAX >> (64 - 8 * bytes)
}

/// What is said of garbage: the message, what else is known, and the next step.
pub(super) struct Said {
    pub(super) message: String,
    pub(super) notes: Vec<String>,
    pub(super) help: String,
}

/// The garbage that decides something, and what is to be said of it.
pub(super) fn uses(
    root: &RootFacts<'_>,
    say: impl Fn(&Source, &str) -> Option<Said>,
) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for seen in root.events() {
        let Event::UndefinedUse { garbage, used } = seen.event else {
            continue;
        };
        let Some(source) = Source::of(root, garbage.source) else {
            continue;
        };
        let Some(said) = say(&source, &root.name(seen.place)) else {
            continue;
        };
        let cause = match source {
            Source::Call(_, place) => place,
            _ => root.root.place,
        };
        let (shown, at_most) = match used {
            Use::Stored { as_it_was } => (Garbled::Stored, as_it_was.then_some(Level::Warn)),
            Use::Passed(held, bits) => (Garbled::Passed(held, bits), None),
            _ => (Garbled::Way, None),
        };
        candidates.push(Candidate {
            place: seen.place,
            cause,
            block: seen.block,
            symptom: match garbage.is_left {
                true => Symptom::LeftBySearch(source.register()),
                false if used == Use::Taken => Symptom::Taken(source.register()),
                false => Symptom::Undefined {
                    register: source.register(),
                    is_of_entry: source.is_of_entry(),
                    shown,
                },
            },
            at_most,
            message: said.message,
            label: format!("{} depends on it", used_for(used)),
            notes: match garbage.is_left {
                true => vec![LEFT_BY_SEARCH.to_owned()],
                false => said.notes,
            },
            help: said.help,
        });
    }
    candidates
}

fn used_for(used: Use) -> String {
    match used {
        Use::Address => "the address that is accessed here".to_owned(),
        Use::Branch => "the way that is taken here".to_owned(),
        Use::Target => "the target of this jump or call".to_owned(),
        Use::Stored { .. } => "what is stored here".to_owned(),
        Use::Taken => "what is computed here".to_owned(),
        Use::Passed(Held::Register(register), _) => {
            format!("the argument in `{register}` of this call")
        }
        Use::Passed(..) => "an argument on the stack of this call".to_owned(),
    }
}
