//! Callees that conform: what a call by convention leaves behind.

use std::sync::Arc;

use super::{AbiCall, Course, Done, End, LEFT_BELOW, Scene, Turn};
use crate::inputs::Place;
use crate::interpret::events::Callee;
use crate::interpret::explore::Calls;
use crate::interpret::linked::Changes;
use crate::interpret::replay::entry::{Input, RETURN_ADDRESS, may_be_mapped, on_stack};
use crate::machine::concrete::{Destination, Value};
use crate::registers::{Flags, Register, RegisterSet};

impl Course<'_> {
    /// A jump to a function: it returns to what is on top of the stack.
    pub(super) fn tail(&mut self, callee: Callee) -> Turn {
        let stack_pointer = self.stack_pointer();
        let call = self.abi_call(callee);
        let word = self.word();
        let top = self.machine.memory().read(stack_pointer, word).known();
        match top.map(|top| self.machine.destination(top)) {
            Some(Destination::Place(back)) if stack_pointer != self.from => {
                self.run_callee(call, back)
            }
            _ => Turn::Ended(End::Tail(call)),
        }
    }

    pub(super) fn call(&mut self, destination: Destination, done: &Done) -> Turn {
        let next = Place {
            offset: done.place.offset + i64::from(done.instruction.length),
            ..done.place
        };
        let callee = match destination {
            // `call next` is how position-dependent code reads its own address.
            Destination::Place(place) if place == next || !self.is_contracted(place) => {
                if self.strays(place, done.instruction.flow) {
                    return Turn::Ended(End::Strayed);
                }
                self.depth += i32::from(place != next);
                self.place = place;
                return Turn::Went;
            }
            Destination::Place(place) => Callee::Place(place),
            Destination::External(symbol) => Callee::External(symbol),
            Destination::Address(address)
                if may_be_mapped(self.scene.contract, address, 1) && address != RETURN_ADDRESS =>
            {
                Callee::Pointer
            }
            Destination::Address(_) => return Turn::Ended(End::NoFunction),
        };
        let call = self.abi_call(callee);
        self.run_callee(call, next)
    }

    pub(super) fn is_contracted(&self, place: Place) -> bool {
        let Scene {
            around,
            calls,
            root,
            ..
        } = self.scene;
        let by_contract = calls == Calls::ByContract || place == root;
        by_contract && around.contracted.contains_key(&place) || around.is_compiled(place)
    }

    pub(super) fn abi_call(&self, callee: Callee) -> AbiCall {
        AbiCall {
            callee,
            stack_pointer: self.stack_pointer(),
            direction: self.machine.flag(Flags::DF),
            x87_in_use: self.machine.get(Register::X87_IN_USE),
            upper_in_use: self.machine.get(Register::UPPER_IN_USE),
        }
    }

    /// What the callee that was called last preserves.
    pub(in crate::interpret::replay) fn preserved_by_callee(&self) -> RegisterSet {
        let Scene {
            around, contract, ..
        } = self.scene;
        let callee = self.callee.unwrap_or(Callee::Pointer);
        around.preserved_by(callee, contract)
    }

    /// What the callee that was called last, by the call of this number, left in a register.
    pub(in crate::interpret::replay) fn left(&self, call: u32, register: Register) -> Input {
        let own = self
            .callee
            .and_then(|callee| self.scene.around.contract_of(callee));
        let Some(contract) = own.filter(|contract| contract.convention.results.contains(register))
        else {
            return Input::Left(call, register);
        };
        let declared = contract.declared.as_ref();
        let result = declared.and_then(|declared| declared.result_in(register));
        match result.map(|result| result.bits) {
            _ if !contract.results.contains(register) => Input::Partly(call, register, 0),
            Some(bits @ ..64) => Input::Partly(call, register, bits as u8),
            _ => Input::Left(call, register),
        }
    }

    /// What a conforming callee may do: it changes what its convention lets it
    /// change, uses the stack below its return address, and returns.
    pub(super) fn run_callee(&mut self, call: AbiCall, back: Place) -> Turn {
        if !self.scene.around.callee_returns(call.callee) {
            return Turn::Ended(End::Gone(call));
        }
        let contract = self.scene.contract;
        self.callee = Some(call.callee);
        let convention = self.scene.around.convention_of(call.callee, contract);
        let preserved = self.scene.around.preserved_by(call.callee, contract);
        if let Some(derived) = &mut self.derived {
            derived.called(preserved);
        }
        let changes = self.changes_of(call.callee);
        for register in (0..Register::COUNT as u8).map(Register) {
            if let Some(changes) = &changes
                && (register.is_vector() || register == Register::X87_CONTROL)
            {
                if changes.certain.contains_key(&register) {
                    let left = self
                        .entry
                        .value(contract, Input::Left(self.calls, register));
                    let mut value = self.machine.value(register);
                    value.words[..2].fill(left);
                    if changes.wide {
                        value.words[2..].fill(0);
                    }
                    self.machine.set_value(register, value);
                }
                continue;
            }
            if preserved.contains(register) && register.is_vector() {
                let kept = self.machine.value(register);
                let kept = kept.truncated(convention.preserved_vector_bits);
                let mut value = Value::open(register.width());
                value.insert(0, convention.preserved_vector_bits, kept, false);
                self.machine.set_value(register, value);
            }
            if preserved.contains(register) || register == Register::RSP {
                continue;
            }
            if register.is_general() {
                let value = self.entry.value(contract, self.left(self.calls, register));
                self.machine.set(register, value);
            } else if register.is_vector() {
                let input = Input::Left(self.calls, register);
                let left = match self.entry.garbage_bits(contract, input) {
                    0 => Value::open(512),
                    _ => Value {
                        words: [self.entry.value(contract, input); 8],
                        unknown: 0,
                    },
                };
                self.machine.set_value(register, left);
            } else if let Register::X87_IN_USE | Register::UPPER_IN_USE = register {
                self.machine.set(register, 0);
            } else if register.is_control() {
                self.machine
                    .set_value(register, Value::open(register.width()));
            }
        }
        self.machine
            .set_flags(Flags::ARITHMETIC | Flags::DF, Flags::NONE);
        let popped = self.scene.around.pops_of(call.callee, contract);
        let popped = u64::from(self.word()) + u64::from(popped.unwrap_or(0));
        let above = call.stack_pointer.wrapping_add(popped);
        self.machine.set(Register::RSP, above);
        let given = self.scene.around.given_above(call.callee, contract);
        let home = above.wrapping_add(given.into());
        // What is not the root's to give, a rule of its own tells.
        let end = if home <= self.from { home } else { above };
        self.overwrite(self.touched, end);
        if let Some(written) = &mut self.written {
            written.give_below(end);
        }
        self.calls += 1;
        self.place = back;
        Turn::Called(call)
    }

    /// What a callee of a handler really changes.
    pub(super) fn changes_of(&self, callee: Callee) -> Option<Arc<Changes>> {
        let is_handler = self.scene.contract.interrupt.is_some();
        is_handler.then(|| self.scene.around.linked.changes(callee))
    }

    /// Overwrites what the run has written of the stack between two addresses.
    pub(in crate::interpret::replay) fn overwrite(&mut self, from: u64, to: u64) {
        if !on_stack(self.from, to) {
            return;
        }
        let mut at = from.max(self.touched);
        while at < to {
            let bytes = (to - at).min(8);
            self.machine
                .memory()
                .write(at, bytes as u16, Value::number(LEFT_BELOW));
            at += bytes;
        }
    }
}
