//! Names for what an instruction leaves that is not followed.

use super::{At, Evaluator};
use crate::interpret::state::State;
use crate::interpret::terms::{Base, Value};
use crate::machine::Temp;
use crate::registers::Register;

impl Evaluator<'_> {
    pub(super) fn named_load(
        &mut self,
        state: &mut State,
        at: At,
        into: Temp,
        value: Value,
        bits: u16,
    ) -> Value {
        match bits {
            0 => Value::ANYTHING,
            _ => self.narrow(state, at, into, value, bits),
        }
    }

    /// A new value that this instruction makes. What still goes by its name loses it.
    pub(super) fn site(&mut self, state: &mut State, at: At, output: u8, bits: u8) -> Value {
        self.new_site(state, at, output, bits, None)
    }

    /// What a call leaves in a register that the callee may clobber.
    pub(in crate::interpret) fn left_by_call(
        &mut self,
        state: &mut State,
        at: At,
        register: Register,
    ) -> Value {
        self.has_garbage_vectors |= register.is_vector();
        self.new_site(
            state,
            at,
            register.0,
            self.width_of(register),
            Some(register),
        )
    }

    /// What a call returns in a register.
    pub(in crate::interpret) fn returned(
        &mut self,
        state: &mut State,
        at: At,
        register: Register,
    ) -> Value {
        self.new_site(state, at, register.0, self.width_of(register), None)
    }

    /// What a call returns in the low bits of a register; what is above them is garbage.
    pub(in crate::interpret) fn narrow_result(
        &mut self,
        state: &mut State,
        at: At,
        register: Register,
        value: Value,
        bits: u32,
    ) -> Value {
        let above = self.left_by_call(state, at, register);
        self.terms.insert_bits(above, 0, bits as u8, value)
    }

    /// The bits of a register that may be set, as far as one value stands for them.
    pub(super) fn width_of(&self, register: Register) -> u8 {
        match register.is_general() {
            true => self.terms.word_bits(),
            false => 64,
        }
    }

    fn new_site(
        &mut self,
        state: &mut State,
        at: At,
        output: u8,
        bits: u8,
        lost: Option<Register>,
    ) -> Value {
        self.named(
            state,
            Base::Site {
                context: at.context,
                place: at.place,
                output,
                bits,
                lost,
            },
        )
    }

    /// A new value of this name. What still goes by it loses it.
    pub(super) fn named(&mut self, state: &mut State, base: Base) -> Value {
        let (value, new) = self.terms.base_is_new(base);
        if !new && let Some(base) = self.terms.sole_base(value) {
            state.forget_name(&mut self.terms, base);
            for index in 0..self.temps_set {
                if self.terms.depends(self.temps[index], base) {
                    self.temps[index] = self.terms.lost(self.temps[index]);
                }
            }
        }
        value
    }
}
