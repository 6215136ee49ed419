//! The strict profile: what the ABI's text leaves undefined in narrow arguments, though every
//! compiler that calls the function defines it.
//!
//! A root is decided by the de-facto profile first. Where that proves it, it is decided once more
//! by a contract that defines less; what that adds is a warning.

use super::verdicts::{Job, RootVerdicts, Verdict};
use crate::contracts::Profile;
use crate::interpret::Code;
use crate::rules::{self, Candidate, Level};

const NOTE: &str = "compilers extend what is narrower than 32 bits, and the ABI does not say that they do: \
                    the strict profile tells it";

impl<'image> Job<'_, 'image> {
    /// Adds what the strict profile tells, where it was asked for.
    pub(super) fn strictly(self, code: &mut Code<'image>, found: &mut RootVerdicts) {
        let Some(contract) = self
            .contract
            .strict()
            .filter(|_| self.profile == Profile::Strict)
        else {
            return;
        };
        let is_it =
            |(rule, _): &&mut (&rules::Rule, Verdict)| rule.id == rules::TRUSTED_UPPER_BITS.id;
        let Some((_, verdict @ Verdict::Proved)) = found.verdicts.iter_mut().find(is_it) else {
            return;
        };
        let job = Job {
            contract: &contract,
            ..self
        };
        let by_letter = job.decide(code).verdicts.into_iter();
        let mut by_letter = by_letter.filter(|(rule, _)| rule.id == rules::TRUSTED_UPPER_BITS.id);
        if let Some((_, strict)) = by_letter.next() {
            *verdict = softened(strict);
        }
    }
}

/// The verdict, with nothing that is more than a warning.
fn softened(mut verdict: Verdict) -> Verdict {
    let soften = |candidate: &mut Candidate| {
        candidate.at_most = Some(Level::Warn);
        candidate.notes.push(NOTE.to_owned());
    };
    match &mut verdict {
        Verdict::Refuted(shown) => shown.iter_mut().for_each(|one| soften(&mut one.candidate)),
        Verdict::Possible(candidates) => candidates.iter_mut().for_each(soften),
        Verdict::Proved | Verdict::Unknown(_) => {}
    }
    verdict
}
