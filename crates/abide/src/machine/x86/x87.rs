//! The x87 unit and MMX, which lives in its registers.
//!
//! Arithmetic on the stack of registers is left open: each such instruction
//! writes the status, the tags and all eight registers. What conventions ask
//! about is exact: the control word, and whether the registers are empty.

use iced_x86::{CpuidFeature, EncodingKind, Mnemonic, Register as Name};

use super::emit::{Lift, ZERO};
use crate::machine::{Operand, Operation, Rest};
use crate::registers::{Part, Register};

const CONTROL: Part = Part::low(Register::X87_CONTROL, 16);
const STATUS: Part = Part::low(Register::X87_STATUS, 16);
/// The status word's number of the register on top of the stack.
const TOP: Part = Part {
    register: Register::X87_STATUS,
    low: 11,
    bits: 3,
};
/// The tag word above the status word: two bits a register, 3 for empty.
const TAGS: Part = Part {
    register: Register::X87_STATUS,
    low: 16,
    bits: 16,
};
/// How many of the registers are not empty.
const IN_USE: Part = Part::low(Register::X87_IN_USE, 64);
const EMPTY: Operand = Operand::Constant(0xffff);
/// The control word after `fninit` (Intel SDM vol. 1, 8.1.5).
const INITIAL_CONTROL: Operand = Operand::Constant(0x037f);
/// The bits of the control word that mask exceptions.
const MASKS: Operand = Operand::Constant(0x3f);

impl Lift<'_> {
    pub(super) fn x87_control(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Emms | M::Femms => {
                self.write(TAGS, EMPTY, Rest::Keep);
                self.write(IN_USE, ZERO, Rest::Keep);
            }
            M::Fldcw => {
                let value = self.source(0);
                self.write(CONTROL, value, Rest::Keep);
            }
            M::Fnstcw | M::Fstcw => {
                let value = self.read(CONTROL);
                let to = self.destination(0);
                self.set(to, value);
            }
            M::Fnstsw | M::Fstsw => {
                let value = self.read(STATUS);
                let to = self.destination(0);
                self.set(to, value);
            }
            M::Fninit | M::Finit => {
                self.write(CONTROL, INITIAL_CONTROL, Rest::Keep);
                self.write(STATUS, ZERO, Rest::Keep);
                self.write(TAGS, EMPTY, Rest::Keep);
                self.write(IN_USE, ZERO, Rest::Keep);
            }
            _ => return false,
        }
        true
    }

    /// Whether the instruction works on the stack of registers.
    pub(super) fn is_x87(&self) -> bool {
        let features = self.instruction.cpuid_features();
        let is_x87 = |feature: &CpuidFeature| {
            matches!(
                feature,
                CpuidFeature::FPU
                    | CpuidFeature::FPU287
                    | CpuidFeature::FPU287XL_ONLY
                    | CpuidFeature::FPU387
                    | CpuidFeature::FPU387SL_ONLY
            )
        };
        self.instruction.encoding() == EncodingKind::Legacy && features.iter().any(is_x87)
    }

    /// Leaves open all that x87 instructions may change but the control word.
    pub(super) fn open_x87(&mut self) {
        self.read(Part::low(Register::X87_STATUS, 32));
        self.overwrite(Part::low(Register::X87_STATUS, 32));
        for number in 0..8 {
            self.overwrite(Part::low(Register::x87(number), 80));
        }
    }

    /// How many registers are in use behind an x87 instruction: pushes and pops count,
    /// whether they over- or underflow the stack is not asked.
    pub(super) fn count_x87(&mut self) {
        use Mnemonic as M;
        let moves = self.instruction.fpu_stack_increment_info();
        let pushed = match self.instruction.mnemonic() {
            // These turn the stack, whose registers stay as they are.
            M::Fincstp | M::Fdecstp => return,
            M::Ffree => -1,
            // It frees the register that it names, and pops another.
            M::Ffreep if self.name(0) != Name::ST0 => -2,
            M::Fnsave | M::Fsave => return self.write(IN_USE, ZERO, Rest::Keep),
            M::Fldenv | M::Frstor => return self.overwrite(IN_USE),
            // Where the operand is out of range they push nothing.
            _ if moves.conditional() => return self.overwrite(IN_USE),
            _ => -i64::from(moves.increment()),
        };
        if pushed != 0 {
            let before = self.read(IN_USE);
            let pushed = Operand::Constant(pushed as u64);
            let after = self.compute(Operation::Add, 64, before, pushed);
            self.write(IN_USE, after, Rest::Keep);
        }
    }

    /// What becomes of the control word: `fnstenv` masks all exceptions, `fnsave` leaves what `fninit`
    /// does (Intel SDM vol. 2, there), and `fldenv` and `frstor` load it.
    pub(super) fn change_x87_control(&mut self) {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Fnstenv | M::Fstenv => {
                let before = self.read(CONTROL);
                let masked = self.compute(Operation::Or, 16, before, MASKS);
                self.write(CONTROL, masked, Rest::Keep);
            }
            M::Fnsave | M::Fsave => self.write(CONTROL, INITIAL_CONTROL, Rest::Keep),
            M::Fldenv | M::Frstor => {
                self.read(CONTROL);
                self.overwrite(CONTROL);
            }
            _ => {}
        }
    }

    /// Writes an open value to a part.
    pub(super) fn overwrite(&mut self, part: Part) {
        let value = self.determined(part.bits);
        self.write(part, value, Rest::Keep);
    }

    /// After any MMX instruction but `emms` no register is empty, and the
    /// stack's top is 0 (Intel SDM vol. 1, 9.6.2).
    pub(super) fn note_mmx(&mut self) {
        let uses_mmx = (0..self.instruction.op_count())
            .any(|operand| self.is_register(operand) && self.name(operand).is_mm());
        if uses_mmx {
            self.write(TOP, ZERO, Rest::Keep);
            self.write(TAGS, ZERO, Rest::Keep);
            self.write(IN_USE, Operand::Constant(8), Rest::Keep);
        }
    }
}
