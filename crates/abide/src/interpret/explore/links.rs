//! States that are kept apart, since they go on in different places later.
//!
//! `lea r8, [.end]; jmp shared … .end:` is a call whose return address is a register: many blocks
//! jump to one tail, which jumps back by `r8`. Joined there, what one of them keeps where another
//! keeps something else is lost to all of them. The place in `r8` tells them apart.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::At;
use crate::inputs::{Image, Place};
use crate::interpret::state::State;
use crate::interpret::terms::Terms;
use crate::registers::Register;

/// How many kinds of states one instruction may be reached with before they are joined.
const MOST: usize = 24;
/// Those beyond.
const MIXED: u32 = u32::MAX;

type Held = SmallVec<[(u8, Place); 2]>;

/// Which places of the code registers hold, each such set by its number.
#[derive(Debug, Default)]
pub(super) struct Links {
    numbers: FxHashMap<Held, u32>,
    seen: FxHashMap<(Place, u32), Vec<u32>>,
}

impl Links {
    /// No register holds one.
    pub(super) const NONE: u32 = 0;

    /// The number of what a state holds that comes to an instruction.
    pub(super) fn of(&mut self, image: &Image, terms: &Terms, at: At, state: &State) -> u32 {
        let held = (0..Register::R15.0 + 1).filter_map(|number| {
            let place = terms.as_place(state.register(Register(number)))?;
            image.is_code(place).then_some((number, place))
        });
        let held: Held = held.collect();
        if held.is_empty() {
            return Self::NONE;
        }
        let next = self.numbers.len() as u32 + 1;
        let number = *self.numbers.entry(held).or_insert(next);
        let seen = self.seen.entry((at.place, at.context)).or_default();
        if !seen.contains(&number) {
            if seen.len() >= MOST {
                return MIXED;
            }
            seen.push(number);
        }
        number
    }
}
