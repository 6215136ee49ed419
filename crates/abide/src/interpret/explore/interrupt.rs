//! The state that the hardware enters a handler in.

use crate::contracts::Interrupt;
use crate::interpret::slots::Slot;
use crate::interpret::state::State;
use crate::interpret::terms::{Base, Terms, Value};
use crate::registers::Register;

impl State {
    /// Turns the state at the entry of a function into that at the entry of a handler: where a
    /// function has its return address, this has what the processor pushed last.
    pub(super) fn interrupted(&mut self, terms: &mut Terms, interrupt: &Interrupt) {
        let resumes_at = interrupt.resume_offset();
        let word = u16::from(interrupt.set.word());
        let slot = |offset: i64, value: Value| Slot {
            term: Value::FRAME.term,
            offset,
            bytes: word,
            value,
            exposed: false,
        };
        let mut pushed = |offset| terms.base(Base::Argument(offset, word));
        self.slots = match resumes_at {
            Some(0) => vec![slot(0, Value::RETURN_ADDRESS)],
            Some(above) => vec![slot(0, pushed(0)), slot(above, Value::RETURN_ADDRESS)],
            None => vec![slot(0, pushed(0))],
        };
        for register in [Register::X87_IN_USE, Register::UPPER_IN_USE] {
            self.registers[register.index()] = Value::ANYTHING;
        }
        // Whatever was interrupted had set them; NT is clear, by the processor.
        self.direction = None;
        self.alignment = None;
        self.nested = Some(false);
    }
}
