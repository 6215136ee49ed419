//! The state of floating point and vectors, saved to memory and restored as a whole.
//!
//! `fxsave` has one layout (Intel SDM vol. 1, 10.5.1), so that what conventions speak of goes
//! through it as through any store. What `xsave` saves depends on a mask and on the processor:
//! its area is left open, and so is all that `xrstor` may restore.

use iced_x86::Mnemonic;

use super::emit::{Lift, ZERO};
use super::operands::Memory;
use crate::machine::{Operand, Operation, Rest};
use crate::registers::{Part, Register};

const CONTROL: Part = Part::low(Register::X87_CONTROL, 16);
const IN_USE: Part = Part::low(Register::X87_IN_USE, 64);
const MXCSR: Part = Part::low(Register::MXCSR, 32);

/// Where they are in the area, in bytes from its start.
const TAGS_AT: u64 = 4;
const MXCSR_AT: u64 = 24;
const VECTORS_AT: u64 = 160;

impl Lift<'_> {
    pub(super) fn saved_area(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Fxsave | M::Fxsave64 => self.save(),
            M::Fxrstor | M::Fxrstor64 => self.restore(),
            _ => return false,
        }
        true
    }

    fn save(&mut self) {
        let area = self.memory();
        let rest = self.open(area.bits, false);
        self.store_to(area, rest);
        let control = self.read(CONTROL);
        self.save_at(area, 0, 16, control);
        let tags = self.tags();
        self.save_at(area, TAGS_AT, 8, tags);
        let mxcsr = self.read(MXCSR);
        self.save_at(area, MXCSR_AT, 32, mxcsr);
        for number in 0..self.vector_count() {
            let value = self.read(Part::low(Register::vector(number), 128));
            self.save_at(area, VECTORS_AT + 16 * u64::from(number), 128, value);
        }
    }

    fn restore(&mut self) {
        let area = self.memory();
        self.load_from(area);
        let control = self.restored(area, 0, 16);
        self.write(CONTROL, control, Rest::Keep);
        let tags = self.restored(area, TAGS_AT, 8);
        let in_use = self.compute(Operation::CountOnes, 64, tags, ZERO);
        self.write(IN_USE, in_use, Rest::Keep);
        let mxcsr = self.restored(area, MXCSR_AT, 32);
        self.write(MXCSR, mxcsr, Rest::Keep);
        for number in 0..self.vector_count() {
            let value = self.restored(area, VECTORS_AT + 16 * u64::from(number), 128);
            self.write(Part::low(Register::vector(number), 128), value, Rest::Keep);
        }
        self.open_floats();
    }

    /// A bit for each register in use. Which ones they are is known if all are, or none.
    fn tags(&mut self) -> Operand {
        let in_use = self.read(IN_USE);
        let some = self.open(8, true);
        let are_all = self.compute(Operation::Equal, 64, in_use, Operand::Constant(8));
        let all = Operand::Constant(0xff);
        let tags = self.compute3(Operation::Select, 8, all, some, are_all);
        let are_none = self.compute(Operation::Equal, 64, in_use, ZERO);
        self.compute3(Operation::Select, 8, ZERO, tags, are_none)
    }

    fn save_at(&mut self, area: Memory, offset: u64, bits: u16, value: Operand) {
        let address = self.address_in(area, offset);
        self.store(address, value, bits, 1, area.segment);
    }

    /// How many vector registers SSE has: eight outside of 64-bit mode.
    pub(super) const fn vector_count(&self) -> u8 {
        if self.word == 64 { 16 } else { 8 }
    }

    fn restored(&mut self, area: Memory, offset: u64, bits: u16) -> Operand {
        let address = self.address_in(area, offset);
        self.load(address, bits, 1, area.segment)
    }

    fn address_in(&mut self, area: Memory, offset: u64) -> Operand {
        let offset = Operand::Constant(offset);
        self.compute(Operation::Add, self.word, area.address, offset)
    }

    /// Opens the registers that come from an area of `xsave`. No operand names them.
    pub(super) fn open_restored(&mut self) {
        use Mnemonic as M;
        if !matches!(
            self.instruction.mnemonic(),
            M::Xrstor | M::Xrstor64 | M::Xrstors | M::Xrstors64
        ) {
            return;
        }
        let vectors = (0..32).map(|number| Part::low(Register::vector(number), 512));
        let masks = (0..8).map(|number| Part::low(Register::mask(number), 64));
        let upper = Part::low(Register::UPPER_IN_USE, 64);
        for part in vectors.chain(masks).chain([MXCSR, CONTROL, IN_USE, upper]) {
            self.open_part(part);
        }
        self.open_floats();
    }

    fn open_floats(&mut self) {
        for number in 0..8 {
            self.open_part(Part::low(Register::x87(number), 80));
        }
        self.open_part(Part::low(Register::X87_STATUS, 32));
    }

    fn open_part(&mut self, part: Part) {
        let value = self.open(part.bits, false);
        self.write(part, value, Rest::Keep);
    }
}
