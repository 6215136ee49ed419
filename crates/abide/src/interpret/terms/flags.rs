//! Words that hold the flags.

use super::{Base, Function, Terms, Value, mask};
use crate::machine::Operation;
use crate::registers::Flags;

impl Terms {
    /// A flag as it stands in a word of all flags.
    #[must_use]
    pub fn flag_in(&self, word: Value, flag: Flags) -> Option<bool> {
        let bit = u64::from(flag.0);
        if let Some(number) = word.as_constant() {
            return Some(number & bit != 0);
        }
        match self.as_base(word)? {
            Base::FlagsWord {
                direction,
                alignment,
                nested,
                ..
            } => match flag {
                Flags::DF => direction,
                Flags::AC => alignment,
                Flags::NT => nested,
                _ => None,
            },
            Base::Function {
                function: Function::Truncate,
                bits,
                inputs: [inner, _],
            } if bit & mask(bits) != 0 => self.flag_in(inner, flag),
            Base::Function {
                function:
                    Function::Operation(operation @ (Operation::And | Operation::Or | Operation::Xor)),
                inputs: [inner, by],
                ..
            } => {
                let by = by.as_constant()?;
                match operation {
                    Operation::And if by & bit == 0 => Some(false),
                    Operation::Or if by & bit != 0 => Some(true),
                    Operation::Xor if by & bit != 0 => Some(!self.flag_in(inner, flag)?),
                    _ => self.flag_in(inner, flag),
                }
            }
            _ => None,
        }
    }
}
