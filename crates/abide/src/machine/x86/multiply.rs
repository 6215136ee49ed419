//! Multiplication and division.

use iced_x86::Mnemonic;

use super::emit::{Lift, ZERO};
use crate::machine::{Operand, Operation};
use crate::registers::{Flags, Part, Register};

impl Lift<'_> {
    pub(super) fn multiply(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Mul => self.wide_product(Operation::MultiplyHigh),
            M::Imul if self.instruction.op_count() == 1 => {
                self.wide_product(Operation::MultiplyHighSigned);
            }
            M::Imul => self.narrow_product(),
            M::Mulx => self.mulx(),
            M::Div => self.divide(Operation::Divide, Operation::Remainder),
            M::Idiv => self.divide(Operation::DivideSigned, Operation::RemainderSigned),
            _ => return false,
        }
        true
    }

    /// The halves of a double-width number: `ah:al`, `dx:ax`, `edx:eax`, `rdx:rax`.
    fn halves(bits: u16) -> (Part, Part) {
        let low = Part::low(Register::RAX, bits);
        let high = match bits {
            8 => Part { low: 8, ..low },
            _ => Part::low(Register::RDX, bits),
        };
        (high, low)
    }

    fn write_halves(&mut self, bits: u16, high: Operand, low: Operand) {
        let (high_part, low_part) = Self::halves(bits);
        self.write(low_part, low, self.rest(low_part));
        self.write(high_part, high, self.rest(high_part));
    }

    fn wide_product(&mut self, high_half: Operation) {
        let bits = self.width(0);
        let b = self.source(0);
        let a = self.read(Part::low(Register::RAX, bits));
        let low = self.compute(Operation::Multiply, bits, a, b);
        let high = self.compute(high_half, bits, a, b);
        self.set_flags(Flags::ARITHMETIC, high_half, bits, [a, b, ZERO], high);
        self.write_halves(bits, high, low);
    }

    /// `imul` of two or three operands.
    fn narrow_product(&mut self) {
        let bits = self.width(0);
        let last = self.instruction.op_count() - 1;
        let a = self.source(last - 1);
        let b = self.source(last);
        let result = self.compute(Operation::Multiply, bits, a, b);
        let operation = Operation::MultiplyHighSigned;
        self.set_flags(Flags::ARITHMETIC, operation, bits, [a, b, ZERO], result);
        let to = self.destination(0);
        self.set(to, result);
    }

    /// The high half wins where both targets are one register.
    fn mulx(&mut self) {
        let bits = self.width(0);
        let b = self.source(2);
        let a = self.read(Part::low(Register::RDX, bits));
        let low = self.compute(Operation::Multiply, bits, a, b);
        let high = self.compute(Operation::MultiplyHigh, bits, a, b);
        let low_to = self.destination(1);
        let high_to = self.destination(0);
        self.set(low_to, low);
        self.set(high_to, high);
    }

    fn divide(&mut self, quotient: Operation, remainder: Operation) {
        let bits = self.width(0);
        let b = self.source(0);
        let (high, low) = Self::halves(bits);
        let a = self.read(low);
        let c = self.read(high);
        let quotient = self.compute3(quotient, bits, a, b, c);
        let remainder = self.compute3(remainder, bits, a, b, c);
        self.undefine_flags(Flags::ARITHMETIC);
        self.write_halves(bits, remainder, quotient);
    }
}
