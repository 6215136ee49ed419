//! States that are not needed any more: the next are made in their memory.

use super::State;

/// How many are kept: runs, joins and branches need few at the same time.
const MOST: usize = 8;

/// A state is large: what is handed on is a box of one.
#[derive(Default)]
#[expect(clippy::vec_box, reason = "a box is handed on, and not what is in it")]
pub(super) struct Spares(Vec<Box<State>>);

impl Spares {
    /// One that holds what another does.
    pub(super) fn copy(&mut self, state: &State) -> Box<State> {
        let Some(mut spare) = self.0.pop() else {
            return Box::new(state.clone());
        };
        spare.copy_from(state);
        spare
    }

    /// One that holds anything; made like another where there is none.
    pub(super) fn take(&mut self, like: &State) -> Box<State> {
        self.0.pop().unwrap_or_else(|| Box::new(like.clone()))
    }

    /// Keeps one that is not needed any more.
    pub(super) fn put(&mut self, state: Box<State>) {
        if self.0.len() < MOST {
            self.0.push(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::Contract;
    use crate::conventions::SYSTEM_V_X86_64;
    use crate::interpret::known::Known;
    use crate::interpret::terms::{Terms, Value};
    use crate::registers::Register;

    #[test]
    fn nothing_is_left_of_what_was_in_the_memory_before() {
        let mut terms = Terms::new(Contract::of(&SYSTEM_V_X86_64), 4, 8);
        let entry = State::at_entry(&mut terms);
        let mut other = entry.clone();
        let value = other.register(Register::RDI);
        other.set_fact(value.term, Known::between(0, 7));
        other.set_choices(value.term, vec![0, 7]);
        other.store(&mut terms, Value::FRAME.plus(-16), 8, value);
        other.open_vector(Register(16));
        other.direction = None;
        other.escaped = true;
        other.scattered = true;
        other.touched = -16;
        let mut spares = Spares::default();
        for (before, after) in [(&other, &entry), (&entry, &other)] {
            spares.put(Box::new(before.clone()));
            assert_eq!(*spares.copy(after), *after);
        }
    }
}
