//! Instructions that push and pop.

use iced_x86::Mnemonic;

use super::emit::Lift;
use super::operands::Destination;
use super::parts::part;
use crate::machine::{Effect, Operand, Operation, Rest};
use crate::registers::{Flags, Part, Register};

const RSP: Part = Part::low(Register::RSP, 64);
const RBP: Part = Part::low(Register::RBP, 64);

impl Lift<'_> {
    pub(super) fn stack(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Push => return self.push_operand(),
            M::Pop => return self.pop_operand(),
            M::Pushf | M::Pushfq => self.push_flags(),
            M::Popf | M::Popfq => self.pop_flags(),
            M::Enter => return self.enter(),
            M::Leave => return self.leave(),
            _ => return false,
        }
        true
    }

    /// 64 bits, or 16 with the operand-size prefix.
    fn stack_width(&self) -> u16 {
        8 * self.instruction.stack_pointer_increment().unsigned_abs() as u16
    }

    /// The operand is read with the old `rsp`, be it `rsp` itself or an address.
    fn push_operand(&mut self) -> bool {
        if self.is_register(0) && part(self.name(0)).is_none() {
            return false;
        }
        let value = self.source(0);
        self.push_value(value, self.stack_width());
        true
    }

    pub(super) fn push_value(&mut self, value: Operand, bits: u16) {
        let top = self.read(RSP);
        let bytes = Operand::Constant(u64::from(bits / 8));
        let top = self.compute(Operation::Subtract, 64, top, bytes);
        self.write(RSP, top, Rest::Keep);
        self.store(top, value, bits, 1, None);
    }

    pub(super) fn pop_value(&mut self, bits: u16) -> Operand {
        let top = self.read(RSP);
        let value = self.load(top, bits, 1, None);
        let bytes = Operand::Constant(u64::from(bits / 8));
        let top = self.compute(Operation::Add, 64, top, bytes);
        self.write(RSP, top, Rest::Keep);
        value
    }

    /// `rsp` has stepped before the operand's address is computed, and
    /// `pop rsp` keeps what was popped.
    fn pop_operand(&mut self) -> bool {
        if self.is_register(0) && part(self.name(0)).is_none() {
            return false;
        }
        let value = self.pop_value(self.stack_width());
        let to = self.destination(0);
        self.set(to, value);
        if matches!(to, Destination::Register(part, _) if !part.register.is_general()) {
            // A segment's hidden base follows from tables that no one models.
            self.set_open_base(to);
        }
        true
    }

    fn set_open_base(&mut self, to: Destination) {
        let value = self.open(16, false);
        self.set(to, value);
    }

    fn push_flags(&mut self) {
        let word = self.flags_word();
        self.push_value(word, self.stack_width());
    }

    fn pop_flags(&mut self) {
        let value = self.pop_value(self.stack_width());
        let mut set = Flags::ARITHMETIC | Flags::TF | Flags::IF | Flags::DF | Flags::NT;
        if self.stack_width() == 64 {
            set = set | Flags::AC;
        }
        self.push(Effect::LoadFlags { set, value });
    }

    /// Intel SDM vol. 2, ENTER, in its 64-bit form.
    fn enter(&mut self) -> bool {
        if self.instruction.code() != iced_x86::Code::Enterq_imm16_imm8 {
            return false;
        }
        let size = u64::from(self.instruction.immediate16());
        let level = self.instruction.immediate8_2nd() & 31;
        let frame = self.read(RBP);
        self.push_value(frame, 64);
        let new_frame = self.read(RSP);
        for outer in 1..level {
            let back = Operand::Constant(8 * u64::from(outer));
            let at = self.compute(Operation::Subtract, 64, frame, back);
            let link = self.load(at, 64, 1, None);
            self.push_value(link, 64);
        }
        if level > 0 {
            self.push_value(new_frame, 64);
        }
        let top = self.read(RSP);
        let top = self.compute(Operation::Subtract, 64, top, Operand::Constant(size));
        self.write(RBP, new_frame, Rest::Keep);
        self.write(RSP, top, Rest::Keep);
        true
    }

    fn leave(&mut self) -> bool {
        if self.instruction.code() != iced_x86::Code::Leaveq {
            return false;
        }
        let frame = self.read(RBP);
        self.write(RSP, frame, Rest::Keep);
        let outer = self.pop_value(64);
        self.write(RBP, outer, Rest::Keep);
        true
    }
}
