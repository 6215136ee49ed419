//! The state of floating point that conventions ask about, as the rules read it.

use super::known::Known;
use super::state::State;
use super::terms::{Base, Function, Terms, Value};
use crate::machine::Operation;
use crate::registers::Register;

impl State {
    /// How many registers of the x87 stack are in use. Below zero is what a callee returned there.
    #[must_use]
    pub fn x87_in_use(&self, terms: &Terms) -> Known {
        self.known(terms, self.register(Register::X87_IN_USE))
    }

    /// Whether upper halves of vector registers are in use, on some path at least; none where
    /// that came from memory.
    #[must_use]
    pub fn upper_in_use(&self) -> Option<bool> {
        match self.register(Register::UPPER_IN_USE) {
            Value::ANYTHING => None,
            value => Some(value != Value::constant(0)),
        }
    }

    /// Whether a register controls floating point as it did at the entry.
    #[must_use]
    pub fn controls_as_before(&self, terms: &Terms, register: Register) -> bool {
        is_kept(terms, register, self.register(register))
    }
}

/// Whether the bits of a value that control floating point are those at the entry.
fn is_kept(terms: &Terms, register: Register, value: Value) -> bool {
    let bits = register.control_bits();
    match terms.as_base(value) {
        Some(Base::Entry(of)) => of == register,
        Some(Base::Function {
            function,
            bits: width,
            inputs: [inner, by],
        }) => {
            let changes = match (function, by.as_constant()) {
                (Function::Truncate, _) => bits & !super::terms::mask(width),
                (Function::Operation(Operation::And), Some(by)) => bits & !by,
                (Function::Operation(Operation::Or | Operation::Xor), Some(by)) => bits & by,
                _ => bits,
            };
            changes == 0 && is_kept(terms, register, inner)
        }
        _ => clears_others(terms, register, value),
    }
}

/// Whether a value is that of the entry less some bits that do not control floating point:
/// `x & !m` is written as `x - (x & m)`.
fn clears_others(terms: &Terms, register: Register, value: Value) -> bool {
    let &[(a, by_a), (b, by_b)] = terms.parts(value.term) else {
        return false;
    };
    let (whole, cleared) = match (by_a, by_b) {
        (1, -1) => (a, b),
        (-1, 1) => (b, a),
        _ => return false,
    };
    let Base::Function {
        function: Function::Operation(Operation::And),
        inputs: [of, by],
        ..
    } = terms.get(cleared)
    else {
        return false;
    };
    value.offset == 0
        && terms.get(whole) == Base::Entry(register)
        && terms.as_base(of) == Some(Base::Entry(register))
        && by
            .as_constant()
            .is_some_and(|by| by & register.control_bits() == 0)
}
