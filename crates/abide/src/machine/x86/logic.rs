//! Bitwise logic.

use iced_x86::Mnemonic;

use super::emit::{Lift, ZERO};
use crate::machine::{Operand, Operation};
use crate::registers::Flags;

impl Lift<'_> {
    pub(super) fn logic(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::And => self.binary(Operation::And),
            M::Or => self.binary(Operation::Or),
            M::Xor => self.binary(Operation::Xor),
            M::Test => self.compare(Operation::And),
            M::Not => self.not(),
            M::Andn => self.andn(),
            _ => return false,
        }
        true
    }

    fn not(&mut self) {
        let bits = self.width(0);
        let to = self.destination(0);
        let a = self.get(to);
        let result = self.compute(Operation::Not, bits, a, ZERO);
        self.set(to, result);
    }

    fn andn(&mut self) {
        let bits = self.width(0);
        let a = self.source(1);
        let b = self.source(2);
        let clear = self.compute(Operation::Not, bits, a, ZERO);
        let result = self.compute(Operation::And, bits, clear, b);
        self.sign_and_zero(bits, result);
        self.write_flags(Flags::CF | Flags::OF, Flags::NONE);
        self.undefine_flags(Flags::PF | Flags::AF);
        let to = self.destination(0);
        self.set(to, result);
    }

    /// SF and ZF of a result.
    pub(super) fn sign_and_zero(&mut self, bits: u16, result: Operand) {
        self.flags_of(Flags::SF | Flags::ZF, bits, result);
    }

    /// ZF of a result.
    pub(super) fn zero(&mut self, bits: u16, result: Operand) {
        self.flags_of(Flags::ZF, bits, result);
    }

    /// `set`, of SF, ZF and PF, as `test result, result` gives them.
    fn flags_of(&mut self, set: Flags, bits: u16, result: Operand) {
        let inputs = [result, result, ZERO];
        self.set_flags(set, Operation::And, bits, inputs, result);
    }
}
