//! Calls and returns: what is taken by its contract, what is followed in its context, and what
//! a call leaves of the state.

use std::sync::Arc;

use super::jumps::choose;
use super::{At, Calls, Context, Explorer};
use crate::contracts::{Held, Lowered, Piece};
use crate::conventions::{Convention, STACK_PROBE};
use crate::inputs::Place;
use crate::interpret::events::{Aim, Callee, Event, Exit, Reason};
use crate::interpret::state::{FlagSource, State, TRACKED};
use crate::interpret::tables::Destination;
use crate::interpret::terms::Value;
use crate::registers::{InstructionSet, Register};
use crate::signatures::Type;

/// How deep calls to helpers may nest.
const MOST_DEPTH: u32 = 48;

impl Explorer<'_, '_> {
    /// A call, its return address already pushed; true where the next instruction follows.
    pub(super) fn call(
        &mut self,
        state: &mut State,
        at: At,
        next: Place,
        target: Value,
        from: u32,
    ) -> bool {
        if self.stated(at).is_some_and(|stated| stated.by_convention) {
            return self.contract_call(state, at, Callee::Pointer);
        }
        let Some(found) = self.destinations(state, at, target) else {
            // A pointer that the unit computes itself leads to a helper of its
            // own, whose convention is not known.
            if self.evaluator.is_own_code(target) {
                let reason = Reason::IndirectCall(self.aim(state, target));
                self.evaluator.record(at, Event::Unknown { reason });
                return false;
            }
            return self.contract_call(state, at, Callee::Pointer);
        };
        let is_sole = found.len() == 1;
        for destination in found {
            let mut entry = self.spares.copy(state);
            let callee = match destination {
                // `call next` is how position-dependent code reads its own address.
                Destination::Place(place, chosen)
                    if place == next || !self.is_contracted(place) =>
                {
                    if choose(&mut entry, &self.evaluator.terms, chosen) {
                        self.note_call_of_root(&entry, at, place);
                        self.call_helper(&entry, at, next, place, from);
                    }
                    self.spares.put(entry);
                    continue;
                }
                Destination::Place(place, _) => Callee::Place(place),
                Destination::External(symbol) => Callee::External(symbol),
                Destination::ReturnAddress => {
                    let reason = Reason::IndirectCall(Aim::Own);
                    self.evaluator.record(at, Event::Unknown { reason });
                    continue;
                }
            };
            if !self.contract_call(&mut entry, at, callee) {
                continue;
            }
            if is_sole {
                *state = *entry;
                return true;
            }
            let at = At { place: next, ..at };
            self.enter(at, &entry, Some(from));
        }
        false
    }

    fn is_contracted(&mut self, place: Place) -> bool {
        self.around.is_compiled(place)
            || match self.roots == [place] {
                true => self.around.contracted.contains_key(&place),
                false => self.is_taken_by_contract(place),
            }
    }

    pub(super) fn is_taken_by_contract(&mut self, place: Place) -> bool {
        let own = self.around.contracted.get(&place);
        // A handler is no function: whoever calls it goes on in it.
        let is_function = own.is_some_and(|contract| contract.interrupt.is_none());
        let is = self.calls == Calls::ByContract && is_function;
        self.relied_on_contracts |= is;
        is
    }

    /// A function with a contract of its own is owed an aligned stack and a
    /// clear DF, even where it is followed: its next version may need them.
    fn note_call_of_root(&mut self, state: &State, at: At, place: Place) {
        if self.around.contracted.contains_key(&place) {
            let event = self.event_of_call(state, Callee::Place(place));
            self.evaluator.record(at, event);
        }
    }

    pub(super) fn convention_of(&self, callee: Callee) -> &'static Convention {
        let caller = self.evaluator.terms.contract();
        self.around.convention_of(callee, caller)
    }

    fn event_of_call(&mut self, state: &State, callee: Callee) -> Event {
        let convention = self.convention_of(callee);
        let log2 = convention.stack_alignment.trailing_zeros() as u8;
        let known = state.known(&self.evaluator.terms, state.stack_pointer());
        Event::Call {
            callee,
            convention,
            residue: known.modulo(log2),
            as_entered: state.stack_pointer().term == Value::FRAME.term,
            home: self.home_of(state, convention),
            on_frame: self.evaluator.terms.is_frame(state.stack_pointer()),
            direction: state.direction,
            alignment: state.alignment,
            x87_in_use: state.x87_in_use(&self.evaluator.terms),
            upper_in_use: state.upper_in_use(),
        }
    }

    /// Notes what a stub of the procedure linkage table finds, where one is asked for.
    pub(super) fn note_stub(&mut self, state: &State, at: At) {
        let around = self.around;
        if around.convention.set == InstructionSet::X86
            && around.stubs.at(around.image, at.place).is_some()
        {
            let base_register = state.register(Register::RBX);
            let event = Event::ThroughStub { base_register };
            self.evaluator.record(at, event);
        }
    }

    fn call_helper(&mut self, state: &State, at: At, next: Place, callee: Place, from: u32) {
        let parent = at.context;
        let depth = self.contexts[parent as usize].depth + 1;
        let mut context = parent;
        loop {
            let outer = self.contexts[context as usize];
            if outer.callee == callee && callee != next && context != 0 {
                return self.call_again(state.clone(), at, next, callee, from);
            }
            if depth > MOST_DEPTH {
                let reason = Reason::Recursion;
                let at = At {
                    place: callee,
                    ..at
                };
                self.evaluator.record(at, Event::Unknown { reason });
                return;
            }
            if context == 0 {
                break;
            }
            context = outer.parent;
        }
        let id = (parent, next, callee);
        let count = self.contexts.len() as u32;
        let context = *self.context_ids.entry(id).or_insert(count);
        if context == count {
            self.contexts.push(Context {
                parent,
                returns_to: next,
                callee,
                depth,
                summary: self.contexts[parent as usize].summary,
            });
        }
        let at = At {
            place: callee,
            context,
        };
        self.enter(at, state, Some(from));
    }

    /// What a call by convention leaves; false where it does not return.
    pub(super) fn contract_call(&mut self, state: &mut State, at: At, callee: Callee) -> bool {
        if !self.is_for_mode(state, callee) {
            let reason = Reason::OtherMode;
            self.evaluator.record(at, Event::Unknown { reason });
            return false;
        }
        if self.is_unfamiliar(at, callee) {
            return false;
        }
        let stack_pointer = state.stack_pointer();
        self.record_call(state, at, callee);
        if !self.around.callee_returns(callee) {
            return false;
        }
        let convention = self.convention_of(callee);
        self.give_arguments(state, convention);
        let Some(popped) = self.popped_by(callee) else {
            let reason = Reason::Pops(callee);
            self.evaluator.record(at, Event::Unknown { reason });
            return false;
        };
        state.registers[Register::RSP.index()] = stack_pointer.plus(popped);
        self.give_home(state, callee);
        self.note_arguments(state, callee);
        if *convention == STACK_PROBE {
            self.evaluator.probe(state, at);
        }
        if state.escaped {
            self.evaluator.forget_escaped(state);
        }
        self.clobber(state, at, callee);
        true
    }

    /// Whether nothing is told of how a function is called, which is noted then.
    pub(super) fn is_unfamiliar(&mut self, at: At, callee: Callee) -> bool {
        let contract = self.around.contract_of(callee);
        let is_unfamiliar = contract.is_some_and(|contract| contract.is_unfamiliar);
        if is_unfamiliar {
            let reason = Reason::Convention(Some(callee));
            self.evaluator.record(at, Event::Unknown { reason });
        }
        is_unfamiliar
    }

    /// How many bytes a callee takes off the stack, its return address among them.
    fn popped_by(&self, callee: Callee) -> Option<i64> {
        let contract = self.evaluator.terms.contract();
        let arguments = self.around.pops_of(callee, contract)?;
        Some(self.evaluator.terms.word() + i64::from(arguments))
    }

    fn record_call(&mut self, state: &State, at: At, callee: Callee) {
        self.check_arguments(state, at, callee);
        let event = self.event_of_call(state, callee);
        self.evaluator.record(at, event);
        self.note_unwinding(at, callee);
        self.evaluator.record.assumptions.callees.insert(callee);
        self.note_callbacks(state, callee);
    }

    /// What a callee takes by its declaration is no garbage.
    pub(super) fn check_arguments(&mut self, state: &State, at: At, callee: Callee) {
        let around = self.around;
        let contract = around.declared.get(&callee);
        let Some(declared) = contract.and_then(|contract| contract.declared.as_ref()) else {
            return;
        };
        for piece in &declared.arguments {
            let bits = piece.defined_bits().min(64) as u8;
            let terms = &mut self.evaluator.terms;
            let value = match piece.held {
                Held::Register(register) => Some(state.register(register)),
                Held::Stack(start) => {
                    let above = terms.word() + i64::from(start);
                    let address = state.stack_pointer().plus(above);
                    let bytes = u16::from(bits.div_ceil(8)).next_power_of_two();
                    state.load(terms, address, bytes).value
                }
                Held::X87 => None,
            };
            if let Some(value) = value {
                self.evaluator.check_passed(at, value, piece.held, bits);
            }
            if let Held::Stack(start) = piece.held {
                self.note_stack_argument(state, at, callee, (declared, *piece, start));
            }
        }
    }

    /// Notes whether an argument on the stack was set.
    fn note_stack_argument(
        &mut self,
        state: &State,
        at: At,
        callee: Callee,
        (declared, piece, start): (&Arc<Lowered>, Piece, u32),
    ) {
        let terms = &self.evaluator.terms;
        let address = state.stack_pointer().plus(terms.word() + i64::from(start));
        let bytes = u16::try_from(piece.bits.div_ceil(8)).unwrap_or(u16::MAX);
        let parameter = declared.signature.parameters.get(piece.parameter);
        let is_struct =
            parameter.is_some_and(|p| matches!(p.ty, Type::Aggregate(_) | Type::Memory { .. }));
        let passed = state.passed(terms, address, bytes, is_struct);
        let event = Event::StackArgument {
            callee,
            declared: Arc::clone(declared),
            piece,
            passed,
        };
        self.evaluator.record(at, event);
    }

    /// Functions whose addresses a callee finds in its argument registers.
    fn note_callbacks(&mut self, state: &State, callee: Callee) {
        let convention = self.convention_of(callee);
        for register in convention.arguments.iter() {
            let place = self.evaluator.terms.as_place(state.register(register));
            let code = place.filter(|&place| self.around.image.is_code(place));
            self.evaluator.record.assumptions.handed_out.extend(code);
        }
    }

    /// Addresses of the frame that a callee may find in its argument registers
    /// or on the stack.
    fn give_arguments(&self, state: &mut State, convention: &Convention) {
        let terms = &self.evaluator.terms;
        let top = state.stack_pointer();
        state.escaped |= state.slots.iter().any(|slot| {
            let is_argument = slot.term == top.term && slot.offset > top.offset;
            is_argument && terms.has_frame(slot.value)
        });
        state.escaped |= convention
            .arguments
            .iter()
            .any(|register| register != Register::RSP && terms.has_frame(state.register(register)));
    }

    pub(super) fn clobber(&mut self, state: &mut State, at: At, callee: Callee) {
        let own = self.around.contract_of(callee);
        let convention = self.convention_of(callee);
        let (preserved, results) = match own {
            Some(contract) => (contract.preserved, contract.results),
            None => (convention.preserved, convention.results),
        };
        let widths = own.and_then(|contract| contract.declared.clone());
        let word_bits = u32::from(self.evaluator.terms.word_bits());
        let width_of = |register| {
            let result = widths.as_ref()?.result_in(register)?;
            Some(result.bits).filter(|&bits| bits < word_bits)
        };
        // A handler owes more than a caller does: for it counts what is really changed.
        let changes = self.is_handler.then(|| self.around.linked.changes(callee));
        let changes = changes.as_ref();
        let touches = |register| changes.is_some_and(|changes| changes.may(register));
        for number in 0..TRACKED as u8 {
            let register = Register(number);
            let is_kept = match register {
                Register::X87_CONTROL if touches(register) => false,
                _ if register.is_vector() && changes.is_some() => !touches(register),
                _ => preserved.contains(register),
            };
            if register.is_vector() && is_kept && changes.is_none() {
                state.keep_below(register, convention.preserved_vector_bits);
            }
            if register == Register::RSP || is_kept {
                continue;
            }
            if register.is_vector() {
                let is_open = self.is_handler || results.contains(register);
                self.clobber_vector(state, at, register, is_open);
                continue;
            }
            let value = if self.is_handler && register == Register::X87_CONTROL {
                Value::ANYTHING
            } else if let Register::X87_IN_USE | Register::UPPER_IN_USE = register {
                // What callees leave there is theirs to answer for.
                Value::constant(0)
            } else if register.is_control() || results.contains(register) {
                let value = self.evaluator.returned(state, at, register);
                match width_of(register) {
                    Some(bits) => self
                        .evaluator
                        .narrow_result(state, at, register, value, bits),
                    None => value,
                }
            } else {
                self.evaluator.left_by_call(state, at, register)
            };
            state.registers[register.index()] = value;
        }
        state.carry = FlagSource::Open(None);
        state.status = FlagSource::Open(None);
        state.direction = Some(false);
    }

    fn clobber_vector(&mut self, state: &mut State, at: At, register: Register, is_open: bool) {
        state.open_vector(register);
        if !is_open {
            let value = self.evaluator.left_by_call(state, at, register);
            state.registers[register.index()] = value;
            state.widths[usize::from(register.0 - 16)] = 64;
        }
    }

    /// `syscall` leaves rax, rcx and r11 changed (Intel SDM; System V, A.2.1).
    pub(super) fn leave_to_kernel(&mut self, state: &mut State, at: At) {
        self.give_arguments(state, self.around.convention);
        let changed: &[Register] = match self.around.convention.set {
            InstructionSet::X86_64 => &[Register::RAX, Register::RCX, Register::R11],
            InstructionSet::X86 => &[Register::RAX],
        };
        for &register in changed {
            let value = self.evaluator.returned(state, at, register);
            state.registers[register.index()] = value;
        }
        if state.escaped {
            self.evaluator.forget_escaped(state);
        }
    }

    /// A return, with the address already popped.
    pub(super) fn give_back(&mut self, state: &mut State, at: At, address: Value, from: u32) {
        if self.leave_summary(state, at, address, from) {
            return;
        }
        if address != Value::RETURN_ADDRESS {
            let found = self.destinations(state, at, address);
            if let Some(found) = found {
                for destination in found {
                    match destination {
                        Destination::Place(place, _) => {
                            let at = self.returned_to(at, place);
                            self.enter(at, state, Some(from));
                        }
                        Destination::External(symbol) => {
                            self.leave(state, at, Callee::External(symbol), from);
                        }
                        Destination::ReturnAddress => {
                            self.exit(state, at, Value::RETURN_ADDRESS);
                        }
                    }
                }
                return;
            }
        }
        self.exit(state, at, address);
    }

    fn exit(&mut self, state: &State, at: At, address: Value) {
        if !self.is_in_own_mode(state) {
            let reason = Reason::OtherMode;
            return self.evaluator.record(at, Event::Unknown { reason });
        }
        let exit = Exit::Return(address);
        let state = Arc::new(state.clone());
        self.evaluator.record(at, Event::Exit { exit, state });
    }

    /// The context after a return to a place: that of the innermost call which returns there.
    pub(super) fn returned_to(&self, at: At, place: Place) -> At {
        let mut context = at.context;
        while context != 0 {
            let inner = self.contexts[context as usize];
            if inner.returns_to == place {
                return At {
                    place,
                    context: inner.parent,
                };
            }
            context = inner.parent;
        }
        At { place, ..at }
    }
}
