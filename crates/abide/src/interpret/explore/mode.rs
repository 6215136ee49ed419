//! Changes of the processor's mode: far returns, and CR0.

use super::{At, Callee, Explorer, Operand, Reason};
use crate::interpret::events::Event;
use crate::interpret::state::State;
use crate::interpret::terms::{Base, Function};
use crate::machine::Operation;

/// CR0.PE and CR0.PG, which 64-bit mode has set from its beginning.
const PROTECTION_AND_PAGING: u64 = 1 | 1 << 31;

impl Explorer<'_, '_> {
    /// Goes on in another segment: code of 64 bits is followed there.
    pub(super) fn far(
        &mut self,
        state: &mut State,
        at: At,
        address: Operand,
        selector: Operand,
        from: u32,
    ) {
        let selector = self.evaluator.operand(selector).as_constant();
        let stated = self.stated(at).and_then(|stated| stated.bits);
        let segment = selector.and_then(|selector| self.around.modes.of_segment(selector));
        let reason = match stated.or(segment) {
            Some(64) => {
                let target = self.evaluator.operand(address);
                return self.jump(state, at, target, from);
            }
            Some(bits) => Reason::Segment(bits),
            None => Reason::Segment(0),
        };
        if let Some(stated) = self.stated(at).filter(|stated| !stated.leads_to.is_empty()) {
            // What runs in between may change what a function may change.
            self.clobber(state, at, Callee::Pointer);
            for &place in &stated.leads_to {
                self.jump_to(&mut state.clone(), at, place, from);
            }
            return;
        }
        self.evaluator.record(at, Event::Unknown { reason });
    }

    /// Sets CR0. Who turns on protection or paging is not in 64-bit mode yet.
    pub(super) fn set_mode(&mut self, at: At, value: Operand) -> bool {
        // Code of 32 bits may turn on paging, and goes on as it was.
        if self.evaluator.terms.word_bits() != 64 {
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
