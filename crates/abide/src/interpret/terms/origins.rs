//! Which sites and phis a value is computed from.

use super::{Base, BaseId, TermId, Terms, Value};

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
