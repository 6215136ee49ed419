//! Appends effects to the list of one instruction.

use iced_x86::Instruction;

use super::fields::Fields;
use crate::inputs::{Image, Place};
use crate::machine::vectors::Function;
use crate::machine::{Condition, Effect, Operand, Operation, Reference, Rest, Temp};
use crate::registers::{Flags, Part, Register};

/// No operand: the unused inputs of an operation.
pub(super) const ZERO: Operand = Operand::Constant(0);

/// One instruction while it is lifted.
pub(super) struct Lift<'a> {
    pub(super) image: &'a Image,
    pub(super) object: u32,
    pub(super) place: Place,
    /// The width of an address and of a word of the stack, in bits.
    pub(super) word: u16,
    pub(super) instruction: &'a Instruction,
    pub(super) fields: Fields<'a>,
    list: &'a mut Vec<Effect>,
    temps: u32,
}

impl<'a> Lift<'a> {
    pub(super) fn new(
        image: &'a Image,
        object: u32,
        place: Place,
        instruction: &'a Instruction,
        list: &'a mut Vec<Effect>,
    ) -> Self {
        Self {
            image,
            object,
            place,
            word: image.bits_at(place).into(),
            instruction,
            fields: Fields::default(),
            list,
            temps: 0,
        }
    }

    /// Whether the instruction needed more temporaries than there are.
    pub(super) fn has_overflowed(&self) -> bool {
        self.temps > 256
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.list.push(effect);
    }

    fn temp(&mut self) -> Temp {
        let temp = Temp(self.temps as u8);
        self.temps += 1;
        temp
    }

    pub(super) fn read(&mut self, part: Part) -> Operand {
        let into = self.temp();
        self.push(Effect::Read { into, part });
        Operand::Temp(into)
    }

    pub(super) fn write(&mut self, part: Part, value: Operand, rest: Rest) {
        self.push(Effect::Write { part, value, rest });
    }

    pub(super) fn reference(&mut self, reference: Reference) -> Operand {
        let into = self.temp();
        self.push(Effect::Address { into, reference });
        Operand::Temp(into)
    }

    pub(super) fn compute3(
        &mut self,
        operation: Operation,
        bits: u16,
        a: Operand,
        b: Operand,
        c: Operand,
    ) -> Operand {
        let into = self.temp();
        self.push(Effect::Compute {
            into,
            operation,
            bits: bits as u8,
            inputs: [a, b, c],
        });
        Operand::Temp(into)
    }

    pub(super) fn compute(
        &mut self,
        operation: Operation,
        bits: u16,
        a: Operand,
        b: Operand,
    ) -> Operand {
        self.compute3(operation, bits, a, b, ZERO)
    }

    /// `a` of `from` bits, sign-extended to `bits`.
    pub(super) fn sign_extend(&mut self, a: Operand, from: u16, bits: u16) -> Operand {
        if from >= bits {
            return a;
        }
        self.compute(Operation::SignExtend { from: from as u8 }, bits, a, ZERO)
    }

    /// 1 if the flags' condition holds, else 0.
    pub(super) fn test(&mut self, condition: Condition) -> Operand {
        let into = self.temp();
        self.push(Effect::Test { into, condition });
        Operand::Temp(into)
    }

    /// A result that the instruction's inputs determine, left open.
    pub(super) fn determined(&mut self, bits: u16) -> Operand {
        self.open(bits, true)
    }

    pub(super) fn open(&mut self, bits: u16, determined: bool) -> Operand {
        self.open_of(bits, determined, 0, None)
    }

    pub(super) fn open_of(
        &mut self,
        bits: u16,
        determined: bool,
        lanes: u32,
        function: Option<Function>,
    ) -> Operand {
        let into = self.temp();
        self.push(Effect::Opaque {
            into,
            bits,
            determined,
            lanes,
            function,
        });
        Operand::Temp(into)
    }

    pub(super) fn load(
        &mut self,
        address: Operand,
        bits: u16,
        align: u8,
        segment: Option<Register>,
    ) -> Operand {
        let into = self.temp();
        self.push(Effect::Load {
            into,
            address,
            bits,
            align,
            segment,
        });
        Operand::Temp(into)
    }

    pub(super) fn store(
        &mut self,
        address: Operand,
        value: Operand,
        bits: u16,
        align: u8,
        segment: Option<Register>,
    ) {
        self.push(Effect::Store {
            address,
            value,
            bits,
            align,
            segment,
        });
    }

    /// The flags as a word.
    pub(super) fn flags_word(&mut self) -> Operand {
        let into = self.temp();
        self.push(Effect::ReadFlags { into });
        Operand::Temp(into)
    }

    /// Sets `set` by the rules of an operation.
    pub(super) fn set_flags(
        &mut self,
        set: Flags,
        operation: Operation,
        bits: u16,
        inputs: [Operand; 3],
        result: Operand,
    ) {
        self.push(Effect::SetFlags {
            set,
            operation,
            bits: bits as u8,
            inputs,
            result,
            unless_zero: None,
        });
    }

    pub(super) fn write_flags(&mut self, set: Flags, values: Flags) {
        if !set.is_empty() {
            self.push(Effect::WriteFlags { set, values });
        }
    }

    pub(super) fn undefine_flags(&mut self, set: Flags) {
        if !set.is_empty() {
            self.push(Effect::UndefineFlags {
                set,
                undefined: true,
            });
        }
    }

    pub(super) fn open_flags(&mut self, set: Flags) {
        if !set.is_empty() {
            self.push(Effect::UndefineFlags {
                set,
                undefined: false,
            });
        }
    }

    pub(super) fn flag_from(&mut self, flag: Flags, value: Operand) {
        self.push(Effect::FlagFrom { flag, value });
    }
}
