//! What headers say of functions, put together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::inputs::SourceLine;
use crate::signatures::Signature;

/// How many prototypes are told one by one that do not count for one reason.
const MOST_TOLD: usize = 3;

/// What headers declare of some functions.
#[derive(Debug, Default)]
pub struct Prototypes(BTreeMap<String, Result<Signature, Unread>>);

/// Prototypes that do not count, by the functions' names.
#[derive(Debug, Default)]
pub struct UnreadPrototypes(BTreeMap<String, Unread>);

/// A prototype that does not count.
#[derive(Debug, Clone)]
pub(super) struct Unread {
    pub(super) line: SourceLine,
    pub(super) why: Why,
}

/// Why a prototype does not count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// It is none: it leaves the parameters to others.
    Silent,
    /// A condition of the preprocessor goes through it.
    Cut,
    /// Others say something else.
    Contested,
    /// What is not read of it, in words.
    Unread(String),
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Silent => "it says nothing of its parameters",
            Self::Cut => "a condition of the preprocessor goes through it",
            Self::Contested => "others say something else",
            Self::Unread(why) => why,
        })
    }
}

impl Prototypes {
    /// Takes in one more prototype: what differs from another does not count, nor does the other.
    pub(super) fn add(&mut self, symbol: &str, own: Result<Signature, Unread>) {
        let known = match self.0.entry(symbol.to_owned()) {
            Entry::Vacant(place) => {
                place.insert(own);
                return;
            }
            Entry::Occupied(place) => place.into_mut(),
        };
        match (&*known, own) {
            (
                _,
                Err(Unread {
                    why: Why::Silent, ..
                }),
            ) => {}
            (
                Err(Unread {
                    why: Why::Silent, ..
                }),
                own,
            ) => *known = own,
            (Ok(signature), Ok(own)) if own.agrees(signature) => {}
            (
                Ok(_),
                Ok(Signature {
                    line: Some(line), ..
                }),
            ) => {
                let why = Why::Contested;
                *known = Err(Unread { line, why });
            }
            (Ok(_), Err(unread)) => *known = Err(unread),
            (Ok(_) | Err(_), _) => {}
        }
    }

    /// Takes in what other headers say.
    pub fn join(&mut self, other: Self) {
        for (symbol, own) in other.0 {
            self.add(&symbol, own);
        }
    }

    /// What is known of each function, and what does not count.
    #[must_use]
    pub fn split(self) -> (Vec<Signature>, UnreadPrototypes) {
        let mut signatures = Vec::new();
        let mut unread = UnreadPrototypes::default();
        for (symbol, own) in self.0 {
            match own {
                Ok(signature) => signatures.push(signature),
                Err(why) => drop(unread.0.insert(symbol, why)),
            }
        }
        (signatures, unread)
    }
}

impl UnreadPrototypes {
    /// A sentence for each that is asked for, and one for many with the same reason.
    pub fn told(self, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut by_reason: BTreeMap<Why, Vec<(String, SourceLine)>> = BTreeMap::new();
        for (symbol, Unread { line, why }) in self.0 {
            if is_wanted(&symbol) {
                by_reason.entry(why).or_default().push((symbol, line));
            }
        }
        let groups = by_reason.into_iter();
        groups
            .flat_map(|(why, all)| sentences(&why, &all))
            .collect()
    }
}

fn sentences(why: &Why, all: &[(String, SourceLine)]) -> Vec<String> {
    let told = match all.len() > MOST_TOLD {
        true => 1,
        false => all.len(),
    };
    let others = match all.len() - told {
        0 => String::new(),
        others => format!(", nor are {others} others to theirs"),
    };
    let told = all.iter().take(told);
    told.map(|(symbol, SourceLine { file, line })| {
        format!("`{symbol}` is not held to its prototype at `{file}:{line}`{others}: {why}")
    })
    .collect()
}
