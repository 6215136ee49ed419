//! States that are not needed any more: the next are made in their memory.

use super::State;

/// How many are kept: runs, joins and branches need few at the same time.
const MOST: usize = 8;

#[derive(Default)]
pub(super) struct Spares(Vec<State>);

impl Spares {
    /// One that holds what another does.
    pub(super) fn copy(&mut self, state: &State) -> State {
        match self.0.pop() {
            Some(spare) => spare.copied(state),
            None => state.clone(),
        }
    }

    /// One that holds anything; made like another where there is none.
    pub(super) fn take(&mut self, like: &State) -> State {
        self.0.pop().unwrap_or_else(|| like.clone())
    }

    /// Keeps one that is not needed any more.
    pub(super) fn put(&mut self, state: State) {
        if self.0.len() < MOST {
            self.0.push(state);
        }
    }
}
