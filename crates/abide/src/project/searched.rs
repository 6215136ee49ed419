//! Searches for a set bit that are taken to find one.
//!
//! `bsf` and `bsr` leave their target where they search a zero, and the manuals promise not even that.
//! Who uses their result without a test says that there is a bit; only callers see to that. Where this
//! is all that a proof lacks, it is assumed by name.

use std::collections::BTreeSet;

use super::verdicts::{Assumed, Attempt};
use crate::rules::{Candidate, Symptom};

impl Attempt {
    /// Answers rules that only searches without a bit to be found would break; what is assumed then.
    pub(super) fn with_bits_found(&mut self) -> BTreeSet<Assumed> {
        let mut assumed = BTreeSet::new();
        if !self.obstacles.is_empty() {
            return assumed;
        }
        for (_, judgement) in &mut self.judged {
            let left: Option<Vec<_>> = judgement.candidates.iter().map(left_by_search).collect();
            if let Some(left) = left
                && judgement.doubts.is_empty()
            {
                judgement.candidates.clear();
                assumed.extend(left);
            }
        }
        assumed
    }
}

/// That the search finds a bit which a violation asks to find none.
fn left_by_search(candidate: &Candidate) -> Option<Assumed> {
    match candidate.symptom {
        Symptom::LeftBySearch(register) => Some(Assumed::SearchFinds(register)),
        _ => None,
    }
}
