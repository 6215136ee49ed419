//! Changes of the processor's mode: far jumps and returns, and CR0.

use super::{At, Callee, Explorer, Operand, Reason};
use crate::interpret::events::Event;
use crate::interpret::state::State;
use crate::interpret::terms::{Base, Function};
use crate::machine::Operation;
use crate::registers::Register;

/// CR0.PE and CR0.PG, which 64-bit mode has set from its beginning.
const PROTECTION_AND_PAGING: u64 = 1 | 1 << 31;

impl Explorer<'_, '_> {
    /// Whether the code at a place is of the mode that the processor is in.
    pub(super) fn is_in_mode(&mut self, state: &State, at: At) -> bool {
        let reason = match (self.around.image.bits_at(at.place), state.mode) {
            (16, _) => Reason::Mode(16),
            (bits, mode) if bits != mode => Reason::Unswitched(mode),
            _ => return true,
        };
        self.evaluator.record(at, Event::Unknown { reason });
        false
    }

    /// Whether the processor is in the mode that the root was entered in.
    pub(super) const fn is_in_own_mode(&self, state: &State) -> bool {
        state.mode == self.evaluator.terms.word_bits()
    }

    /// Whether a function keeps a contract that was made for the mode that the processor is in, and
    /// the root its own.
    pub(super) fn is_for_mode(&self, state: &State, callee: Callee) -> bool {
        let bits = match callee {
            Callee::Place(place) => self.around.image.bits_at(place),
            _ => self.around.convention.set.bits(),
        };
        bits == state.mode && self.is_in_own_mode(state)
    }

    /// Goes on in another segment, in that segment's mode.
    pub(super) fn far(
        &mut self,
        state: &mut State,
        at: At,
        address: Operand,
        selector: Operand,
        from: u32,
    ) {
        let selector = self.evaluator.operand(selector).as_constant();
        let target = self.evaluator.operand(address);
        let segments = self.around.image.modes();
        let segment = selector.and_then(|selector| segments.of_segment(selector));
        let stated = self.stated(at);
        let bits = stated.and_then(|stated| stated.bits).or(segment);
        if let Some(stated) = stated.filter(|own| bits != Some(64) && !own.leads_to.is_empty()) {
            // What runs in between may change what a function may change.
            self.clobber(state, at, Callee::Pointer);
            for &place in &stated.leads_to {
                self.jump_to(&mut state.clone(), at, place, from);
            }
            return;
        }
        let Some(bits) = bits.filter(|&bits| bits != 16) else {
            let reason = Reason::Segment(bits.unwrap_or(0));
            return self.evaluator.record(at, Event::Unknown { reason });
        };
        let place = self.evaluator.terms.as_place(target);
        if let Some(to) = place.filter(|&to| self.around.image.bits_at(to) != bits) {
            let reason = Reason::Misfit(bits, to);
            return self.evaluator.record(at, Event::Unknown { reason });
        }
        self.enter_mode(state, at, bits);
        match place.filter(|_| bits > self.evaluator.terms.word_bits()) {
            Some(to) if self.around.contracted.contains_key(&to) => {
                let callee = Callee::Place(to);
                if self.around.callee_returns(callee) {
                    let reason = Reason::OtherMode;
                    return self.evaluator.record(at, Event::Unknown { reason });
                }
                // What it finds is what it was promised: a mode, and no stack.
                self.evaluator.record.assumptions.callees.insert(callee);
            }
            Some(to) => {
                let reason = Reason::Widened(to);
                self.evaluator.record(at, Event::Unknown { reason });
            }
            None => self.jump(state, at, target, from),
        }
    }

    /// Intel SDM vol. 1, 3.4.1.1: "the upper 32 bits of any general-purpose register are not
    /// preserved when switching from 64-bit mode to a 32-bit mode". Those of SP are taken to be
    /// zero before and behind it, as a stack below 4 GiB has them.
    fn enter_mode(&mut self, state: &mut State, at: At, bits: u8) {
        if bits < state.mode {
            // Whoever comes back finds there what nobody promised.
            for register in Register::NARROWED {
                let value = state.register(register);
                let narrowed =
                    self.evaluator
                        .narrow_result(state, at, register, value, bits.into());
                state.registers[register.index()] = narrowed;
            }
            state.is_low = true;
            self.evaluator.record.assumptions.low_addresses = true;
        }
        state.mode = bits;
    }

    /// Sets CR0. Who turns on protection or paging is not in 64-bit mode yet.
    pub(super) fn set_mode(&mut self, state: &State, at: At, value: Operand) -> bool {
        // Code of 32 bits may turn on paging, and goes on as it was.
        if state.mode != 64 {
            return true;
        }
        let value = self.evaluator.operand(value);
        let enters = match self.evaluator.terms.as_base(value) {
            Some(Base::Function {
                function: Function::Operation(Operation::Or),
                inputs: [_, by],
                ..
            }) => by
                .as_constant()
                .is_some_and(|by| by & PROTECTION_AND_PAGING != 0),
            _ => false,
        };
        if enters {
            let reason = Reason::Mode(0);
            self.evaluator.record(at, Event::Unknown { reason });
        }
        !enters
    }
}
