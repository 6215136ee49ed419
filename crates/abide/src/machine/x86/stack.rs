//! Instructions that push and pop.

use iced_x86::Mnemonic;

use super::emit::Lift;
use super::parts::part;
use crate::machine::{Effect, Operand, Operation};
use crate::registers::{Flags, Part, Register};

impl Lift<'_> {
    pub(super) fn stack(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Push => return self.push_operand(),
            M::Pop => return self.pop_operand(),
            M::Pushf | M::Pushfd | M::Pushfq => self.push_flags(),
            M::Popf | M::Popfd | M::Popfq => self.pop_flags(),
            M::Pushad => self.push_all(),
            M::Popad => self.pop_all(),
            M::Enter => return self.enter(),
            M::Leave => return self.leave(),
            _ => return false,
        }
        true
    }

    /// SP, as far as the mode has it: stack segments are taken to be of the code's own width.
    fn top(&mut self) -> Operand {
        self.read(Part::low(Register::RSP, self.word))
    }

    /// Moves SP to an address.
    fn move_top(&mut self, to: Operand) {
        self.write_general(Register::RSP, self.word, to);
    }

    /// Moves SP up by a number of bytes.
    pub(super) fn drop_bytes(&mut self, bytes: u64) {
        let top = self.top();
        let top = self.compute(Operation::Add, self.word, top, Operand::Constant(bytes));
        self.move_top(top);
    }

    /// A word, or 16 bits with the operand-size prefix.
    fn stack_width(&self) -> u16 {
        8 * self.instruction.stack_pointer_increment().unsigned_abs() as u16
    }

    /// The operand is read with the old `rsp`, be it `rsp` itself or an address.
    fn push_operand(&mut self) -> bool {
        if self.is_register(0) && part(self.name(0)).is_none() {
            return false;
        }
        let value = self.source(0);
        let is_segment = self.is_register(0) && self.part(0).register.is_segment();
        match is_segment {
            true => self.push_selector(value),
            false => self.push_value(value, self.stack_width()),
        }
        true
    }

    /// Intel SDM vol. 2, PUSH: "all recent Intel Core and Intel Atom processors perform a 16-bit move,
    /// leaving the upper portion of the stack location unmodified"; others extend it with zeros.
    fn push_selector(&mut self, value: Operand) {
        let above = self.open(self.stack_width(), false);
        self.push_value(above, self.stack_width());
        let top = self.top();
        self.store(top, value, 16, 1, None);
    }

    pub(super) fn push_value(&mut self, value: Operand, bits: u16) {
        let top = self.top();
        let bytes = Operand::Constant(u64::from(bits / 8));
        let top = self.compute(Operation::Subtract, self.word, top, bytes);
        self.move_top(top);
        self.store(top, value, bits, 1, None);
    }

    pub(super) fn pop_value(&mut self, bits: u16) -> Operand {
        let top = self.top();
        let value = self.load(top, bits, 1, None);
        let bytes = Operand::Constant(u64::from(bits / 8));
        let top = self.compute(Operation::Add, self.word, top, bytes);
        self.move_top(top);
        value
    }

    /// `rsp` has stepped before the operand's address is computed, and
    /// `pop rsp` keeps what was popped.
    fn pop_operand(&mut self) -> bool {
        if self.is_register(0) && part(self.name(0)).is_none() {
            return false;
        }
        if self.is_register(0) && self.part(0).register.is_segment() {
            self.pop_selector();
            return true;
        }
        let value = self.pop_value(self.stack_width());
        let to = self.destination(0);
        self.set(to, value);
        true
    }

    /// Of the word on the stack the low 16 bits count (Intel SDM vol. 2, POP). The segment's hidden base
    /// follows from tables that no one models.
    fn pop_selector(&mut self) {
        let top = self.top();
        let selector = self.load(top, 16, 1, None);
        self.drop_bytes(u64::from(self.stack_width() / 8));
        let to = self.destination(0);
        self.set(to, selector);
    }

    fn push_flags(&mut self) {
        let word = self.flags_word();
        self.push_value(word, self.stack_width());
    }

    fn pop_flags(&mut self) {
        let value = self.pop_value(self.stack_width());
        let mut set = Flags::ARITHMETIC | Flags::TF | Flags::IF | Flags::DF | Flags::NT;
        if self.stack_width() >= 32 {
            set = set | Flags::AC;
        }
        self.push(Effect::LoadFlags { set, value });
    }

    /// Intel SDM vol. 2, PUSHA: SP is pushed as it was before.
    fn push_all(&mut self) {
        let old_top = self.top();
        for number in 0..8 {
            let register = Register::general(number);
            let value = match register {
                Register::RSP => old_top,
                _ => self.read(Part::low(register, 32)),
            };
            self.push_value(value, 32);
        }
    }

    /// Intel SDM vol. 2, POPA: what was pushed of SP is dropped.
    fn pop_all(&mut self) {
        for number in (0..8).rev() {
            let register = Register::general(number);
            match register {
                Register::RSP => self.drop_bytes(4),
                _ => {
                    let value = self.pop_value(32);
                    self.write_general(register, 32, value);
                }
            }
        }
    }

    /// Intel SDM vol. 2, ENTER, in the form of the mode's own width.
    fn enter(&mut self) -> bool {
        let own = match self.word {
            64 => iced_x86::Code::Enterq_imm16_imm8,
            _ => iced_x86::Code::Enterd_imm16_imm8,
        };
        if self.instruction.code() != own {
            return false;
        }
        let word = self.word;
        let size = u64::from(self.instruction.immediate16());
        let level = self.instruction.immediate8_2nd() & 31;
        let frame = self.read(Part::low(Register::RBP, word));
        self.push_value(frame, word);
        let new_frame = self.top();
        for outer in 1..level {
            let back = Operand::Constant(u64::from(word / 8) * u64::from(outer));
            let at = self.compute(Operation::Subtract, word, frame, back);
            let link = self.load(at, word, 1, None);
            self.push_value(link, word);
        }
        if level > 0 {
            self.push_value(new_frame, word);
        }
        let top = self.top();
        let top = self.compute(Operation::Subtract, word, top, Operand::Constant(size));
        self.write_general(Register::RBP, word, new_frame);
        self.move_top(top);
        true
    }

    fn leave(&mut self) -> bool {
        let own = match self.word {
            64 => iced_x86::Code::Leaveq,
            _ => iced_x86::Code::Leaved,
        };
        if self.instruction.code() != own {
            return false;
        }
        let frame = self.read(Part::low(Register::RBP, self.word));
        self.move_top(frame);
        let outer = self.pop_value(self.word);
        self.write_general(Register::RBP, self.word, outer);
        true
    }
}
