//! What follows of a base from what it is: its range and congruence.

use super::{Base, BaseId, Function, Location, Terms, Value};
use crate::interpret::known::Known;
use crate::machine::Operation;
use crate::registers::Register;

impl Terms {
    /// Takes in what is known of a base for good.
    pub(in crate::interpret) fn learn_inherent(&mut self, id: BaseId, known: Known) {
        let data = &mut self.bases[id.0 as usize];
        data.known = data.known.and(known);
    }

    /// Range and congruence that follow from a base itself.
    #[must_use]
    pub fn inherent_known(&self, id: BaseId) -> Known {
        self.bases[id.0 as usize].known
    }

    /// `inner & by`, where `by` is 2^k - 1: what is known of the low bits of
    /// `inner` raises the least value and lowers the greatest.
    fn inherent_low_bits(&self, inner: Value, by: i64) -> Known {
        let known = self.inherent_of_value(inner);
        let log2 = known.log2.min(by.trailing_ones() as u8);
        let step = 1_i64 << log2;
        let residue = known.residue & (step as u64 - 1);
        let range = Known::between(residue as i64, by - (step - 1) + residue as i64);
        range.and(Known::congruent(log2, residue))
    }

    fn inherent_of_value(&self, value: Value) -> Known {
        let parts = self.parts(value.term).iter();
        parts.fold(Known::exactly(value.offset), |known, &(id, factor)| {
            known.plus(self.bases[id.0 as usize].known.scale(factor))
        })
    }

    pub(super) fn inherent(&self, base: Base) -> Known {
        match base {
            Base::Site { bits, .. } => Known::bits(bits),
            Base::Entry(register) if register.is_general() => Known::bits(self.word_bits()),
            Base::Entry(register) if register.width() < 64 => Known::bits(register.width() as u8),
            Base::Phi {
                location: Location::Register(register),
                distance: false,
                ..
            } if register.is_general() && register != Register::RSP => {
                Known::bits(self.word_bits())
            }
            Base::Lost { .. } => Known::bits(self.word_bits()),
            // What is above ID is reserved, and reads as zero (Intel SDM vol. 1, 3.4.3).
            Base::FlagsWord { .. } => Known::bits(22),
            Base::Memory(_, bytes) => Known::bits(bytes * 8),
            Base::Argument(_, bytes) if bytes < 8 => Known::bits(bytes as u8 * 8),
            Base::Function {
                function: Function::Operation(Operation::And),
                inputs: [inner, by],
                ..
            } if by
                .as_constant()
                .is_some_and(|by| by < 1 << 62 && by & (by + 1) == 0) =>
            {
                self.inherent_low_bits(inner, by.offset)
            }
            Base::Function {
                function: Function::Truncate,
                bits,
                inputs: [inner, _],
            } => {
                let inner = self.inherent_of_value(inner);
                let log2 = inner.log2.min(bits);
                Known::bits(bits).and(Known::congruent(log2.min(63), inner.residue))
            }
            Base::Function {
                function,
                bits,
                inputs,
            } => inherent_of_function(function, bits, inputs),
            _ => Known::ANY,
        }
    }
}

fn inherent_of_function(function: Function, bits: u8, inputs: [Value; 2]) -> Known {
    let second = inputs[1].as_constant();
    match (function, second) {
        (Function::Condition(..), _) => Known::between(0, 1),
        (Function::Operation(Operation::And), Some(mask)) if mask <= i64::MAX as u64 => {
            let low = mask.trailing_zeros().min(63) as u8;
            Known::between(0, mask as i64).and(Known::congruent(low, 0))
        }
        (Function::Operation(Operation::ShiftRight), Some(count)) if count > 0 => {
            Known::bits(bits.saturating_sub(count as u8))
        }
        (Function::Operation(Operation::ShiftLeft), Some(count)) => {
            Known::bits(bits).and(Known::congruent(count.min(63) as u8, 0))
        }
        (
            Function::Operation(
                Operation::CountOnes | Operation::TrailingZeros | Operation::LeadingZeros,
            ),
            _,
        ) => Known::between(0, i64::from(bits)),
        (Function::Operation(Operation::Equal), _) => Known::between(0, 1),
        (Function::Operation(Operation::ZeroExtend { from }), _) => Known::bits(from),
        (Function::Operation(Operation::SignExtend { from }), _) if bits == 64 => {
            let reach = 1_i64 << (from - 1);
            Known::between(-reach, reach - 1)
        }
        (Function::Insert { .. }, _) => Known::ANY,
        _ => Known::bits(bits),
    }
}
