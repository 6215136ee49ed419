//! Calls of functions that may be left by unwinding: what lies on the stack then.

use super::{At, Explorer};
use crate::inputs::Place;
use crate::interpret::events::{Callee, Event};
use crate::machine::Flow;

impl Explorer<'_, '_> {
    /// Notes that such a function is called, or jumped to, at a place.
    pub(super) fn note_unwinding(&mut self, at: At, callee: Callee) {
        if self.around.may_unwind(callee) {
            let untold = self.untold(at);
            self.evaluator
                .record(at, Event::Unwinding { callee, untold });
        }
    }

    /// The innermost call on the stack that no unwind table speaks of.
    fn untold(&mut self, at: At) -> Option<Place> {
        // What is jumped to leaves no frame of who jumps.
        let number = self.code.number_at(at.place).ok()?;
        let is_call = matches!(self.code.flow(number), Flow::Call(_));
        let own = is_call.then_some(at.place);
        let mut context = at.context;
        let outer = std::iter::from_fn(|| {
            let inner = *self
                .contexts
                .get(context as usize)
                .filter(|_| context != 0)?;
            context = inner.parent;
            // An unwinder takes one byte off the address that a call returns to.
            Some(Place {
                offset: inner.returns_to.offset - 1,
                ..inner.returns_to
            })
        });
        let tables = &self.around.unwind;
        own.into_iter()
            .chain(outer)
            .find(|&place| tables.tells_of(place) == Some(false))
    }
}
