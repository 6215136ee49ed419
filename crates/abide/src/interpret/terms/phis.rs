//! Phis among the parts of a value.

use super::base::*;
use super::{Base, BaseId, TermId, Terms, Value};

impl Terms {
    /// Whether a phi is one of the value's parts, or of what they are the low bits of.
    #[must_use]
    pub fn has_phi(&self, value: Value) -> bool {
        self.data(value).has_phi
    }

    /// The phis among a value's parts, and among the parts of what these are the low bits of.
    pub(in crate::interpret) fn phis(&self, value: Value) -> impl Iterator<Item = BaseId> {
        let ids = |value: Value| self.parts(value.term).iter().map(|part| part.0);
        let with_inner = move |id: BaseId| {
            let inner = low_bits_of(&self.bases[id.0 as usize].base).into_iter();
            std::iter::once(id).chain(inner.flat_map(move |(inner, _)| ids(inner)))
        };
        ids(value)
            .flat_map(with_inner)
            .filter(|&id| self.block_of_phi(id).is_some())
    }

    /// The block whose phi a base is.
    #[must_use]
    pub(in crate::interpret) fn block_of_phi(&self, id: BaseId) -> Option<u32> {
        match &self.bases[id.0 as usize].base {
            Base::Phi { block, .. } => Some(*block),
            _ => None,
        }
    }

    /// Whether a base is a phi that stands for a distance.
    #[must_use]
    pub(in crate::interpret) fn is_distance(&self, id: BaseId) -> bool {
        let base = &self.bases[id.0 as usize].base;
        matches!(base, Base::Phi { distance: true, .. })
    }

    /// The value that a base has the low bits of, and how many.
    pub(in crate::interpret) fn congruent_to(&self, id: BaseId) -> Option<(Value, u8)> {
        congruent_to(&self.bases[id.0 as usize].base)
    }

    /// Whether a phi of a block is among [`Self::phis`].
    pub(in crate::interpret) fn has_phi_of(&self, value: Value, block: u32) -> bool {
        self.has_phi(value) && self.phis_are_of(value.term, block)
    }

    fn phis_are_of(&self, term: TermId, block: u32) -> bool {
        let is_own = |&(id, _): &(BaseId, i64)| self.block_of_phi(id) == Some(block);
        self.parts(term).iter().any(|part| {
            is_own(part)
                || low_bits_of(&self.bases[part.0.0 as usize].base)
                    .is_some_and(|(inner, _)| self.parts(inner.term).iter().any(is_own))
        })
    }
}
