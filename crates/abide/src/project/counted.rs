//! Words of the frame that an argument counts.
//!
//! Functions on numbers of many words lay several of them into one frame, one behind the other, and
//! reach them by instructions that demand alignment. They are right where the count is even, or a
//! multiple of four or eight, and only callers see to that. Where this is all that a proof lacks, it
//! is assumed by name, as little of it as does.

use std::collections::BTreeSet;

use super::verdicts::{Assumed, Attempt, Job, assumed};
use crate::inputs::Place;
use crate::interpret::{Code, Event};
use crate::registers::Register;
use crate::rules::{self, Judgement};

/// Of how many words counts are taken to be multiples, as powers of two: no access demands more than
/// eight words of 64 bits.
const MULTIPLES_LOG2: [u8; 3] = [1, 2, 3];

impl<'image> Job<'_, 'image> {
    /// Answers what is open of the alignment of accesses alone, if counts that are multiples of some
    /// words do; what is assumed then.
    pub(super) fn with_aligned_counts(
        self,
        code: &mut Code<'image>,
        attempt: &mut Attempt,
    ) -> BTreeSet<Assumed> {
        let counts = attempt.counts();
        if counts.is_empty() || !attempt.obstacles.is_empty() || !attempt.is_open_of_alignment() {
            return BTreeSet::new();
        }
        // What several roots were explored for together tells of others, too.
        let alone = self.attempt(code, attempt.calls).visited();
        for log2 in MULTIPLES_LOG2 {
            let mut contract = self.contract.clone();
            let multiples = counts.iter().map(|&register| (register, log2));
            contract.multiples.extend(multiples);
            let job = Job {
                contract: &contract,
                ..self
            };
            let other = job.attempt(code, attempt.calls);
            // Code that has ways of its own for other counts is not only called with these.
            if other.proves_alignment() && other.visited() == alone {
                let kinds = counts.iter();
                let kinds =
                    kinds.map(|&register| Assumed::CountedWordsAligned(register, 1 << log2));
                let kinds = kinds.chain(assumed(&other.analysis.facts.assumptions));
                if let Some(judgement) = attempt.of_alignment() {
                    *judgement = Judgement::default();
                }
                return kinds.collect();
            }
        }
        BTreeSet::new()
    }
}

impl Attempt {
    /// The registers that count words of the frame, where an access demands an alignment that is not
    /// known.
    fn counts(&self) -> BTreeSet<Register> {
        let terms = &self.analysis.terms;
        let addresses = self.analysis.facts.events.iter().filter_map(|seen| {
            let Event::AlignedAccess {
                address, residue, ..
            } = seen.event
            else {
                return None;
            };
            residue.is_none().then_some(address)
        });
        terms.counts_of_words(addresses)
    }

    fn of_alignment(&mut self) -> Option<&mut Judgement> {
        let mut judged = self.judged.iter_mut();
        let found = judged.find(|(rule, _)| rule.id == rules::MISALIGNED_STACK_ACCESS.id);
        found.map(|(_, judgement)| judgement)
    }

    /// Whether nothing tells against the alignment of accesses, and something is not known of it.
    fn is_open_of_alignment(&mut self) -> bool {
        self.of_alignment()
            .is_some_and(|of| of.candidates.is_empty() && !of.doubts.is_empty())
    }

    fn proves_alignment(&self) -> bool {
        let mut judged = self.judged.iter();
        let found = judged.find(|(rule, _)| rule.id == rules::MISALIGNED_STACK_ACCESS.id);
        let is_proved =
            found.is_some_and(|(_, of)| of.candidates.is_empty() && of.doubts.is_empty());
        is_proved && self.obstacles.is_empty()
    }

    /// Where the blocks begin that were visited.
    fn visited(&self) -> BTreeSet<Place> {
        self.analysis.ways.iter().map(|&(place, _)| place).collect()
    }
}
