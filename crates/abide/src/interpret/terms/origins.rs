//! What a value is computed from: sites and phis, and arguments that count words.

use std::collections::BTreeSet;

use super::{Base, BaseId, TermId, Terms, Value, congruent_to};
use crate::registers::Register;

/// What is found of registers on the way through what values are computed from.
#[derive(Default)]
struct Counts {
    seen: BTreeSet<(BaseId, u32)>,
    words: BTreeSet<Register>,
    others: BTreeSet<Register>,
}

impl Terms {
    /// Whether a value is, or is computed from, this site or phi.
    #[must_use]
    #[inline]
    pub fn depends(&self, value: Value, on: BaseId) -> bool {
        let bit = bloom(on);
        self.data(value).origins & bit != 0 && self.parts_depend(value.term, on, bit)
    }

    fn parts_depend(&self, term: TermId, on: BaseId, bit: u64) -> bool {
        let parts = self.parts(term).iter();
        parts
            .map(|part| part.0)
            .any(|id| self.base_depends(id, on, bit))
    }

    fn base_depends(&self, id: BaseId, on: BaseId, bit: u64) -> bool {
        if id == on {
            return true;
        }
        let data = &self.bases[id.0 as usize];
        if data.origins & bit == 0 {
            return false;
        }
        match data.base {
            Base::Function { inputs, .. } => inputs.iter().any(|&input| self.depends(input, on)),
            Base::Memory(address, _) => self.depends(address, on),
            _ => false,
        }
    }

    /// The registers of the entry that hold arguments and go into values by whole words alone.
    #[must_use]
    pub fn counts_of_words(&self, values: impl Iterator<Item = Value>) -> BTreeSet<Register> {
        let mut counts = Counts::default();
        for value in values {
            self.count_words(value, 0, &mut counts);
        }
        &counts.words - &counts.others
    }

    /// Looks for what counts words in a value that is taken 2^`log2` times.
    fn count_words(&self, value: Value, log2: u32, counts: &mut Counts) {
        for &(id, factor) in self.parts(value.term) {
            let log2 = log2 + factor.trailing_zeros();
            if !counts.seen.insert((id, log2)) {
                continue;
            }
            match self.get(id) {
                Base::Entry(register) if self.passes_parameters(register) => {
                    let is_of_words = log2 >= self.word().trailing_zeros();
                    match is_of_words {
                        true => counts.words.insert(register),
                        false => counts.others.insert(register),
                    };
                }
                base @ Base::Function { inputs, .. } => match congruent_to(&base) {
                    Some((whole, _)) => self.count_words(whole, log2, counts),
                    None => inputs
                        .iter()
                        .for_each(|&input| self.count_words(input, 0, counts)),
                },
                _ => {}
            }
        }
    }

    pub(super) fn origins_of(&self, base: Base, id: BaseId) -> u64 {
        let of = |value: Value| self.data(value).origins;
        match base {
            Base::Site { .. } | Base::FlagsWord { .. } | Base::Phi { .. } => bloom(id),
            Base::Function { inputs, .. } => of(inputs[0]) | of(inputs[1]),
            Base::Memory(address, _) => of(address),
            _ => 0,
        }
    }
}

fn bloom(id: BaseId) -> u64 {
    1 << (id.0.wrapping_mul(0x9E37_79B1) >> 26)
}
