//! Which mutants are made of so many that could be: a few of each class from each function.

use abide::machine::concrete::random;

use super::subject::Subject;
use super::{Mutator, edit::Edit};

/// A mutant to be judged.
pub(crate) struct Mutant<'a> {
    /// What it is made of.
    pub(crate) subject: &'a Subject,
    /// How.
    pub(crate) mutator: &'static Mutator,
    /// What is changed.
    pub(crate) edit: Edit,
}

/// At most so many of one class from one function.
const MOST: usize = 24;

/// Takes the first of each class from each function, then the second, until there are enough:
/// no function and no crate weighs more than the others.
pub(crate) fn choose<'a>(
    subjects: &'a [Subject],
    mutators: &'static [Mutator],
    count: usize,
    seed: u64,
) -> Vec<Mutant<'a>> {
    let mut found = Vec::new();
    for (number, subject) in subjects.iter().enumerate() {
        for (class, mutator) in mutators.iter().enumerate() {
            let random = random(seed, (number * mutators.len() + class) as u64);
            let edits = shuffled((mutator.edits)(&subject.body), random);
            let mutants = edits.into_iter().take(MOST).map(|edit| Mutant {
                subject,
                mutator,
                edit,
            });
            found.extend(
                mutants
                    .enumerate()
                    .map(|(round, mutant)| (round, random, mutant)),
            );
        }
    }
    found.sort_by_key(|(round, random, _)| (*round, *random));
    found.truncate(count);
    found.into_iter().map(|(_, _, mutant)| mutant).collect()
}

/// Fisher and Yates.
fn shuffled(mut edits: Vec<Edit>, seed: u64) -> Vec<Edit> {
    for last in (1..edits.len()).rev() {
        let other = random(seed, last as u64) % (last as u64 + 1);
        edits.swap(last, other as usize);
    }
    edits
}
