//! Where ways meet: the blocks, which state each is entered with, and when it runs.

use std::cmp::Reverse;

use super::{Block, Calls, Explorer, Key, Links, MIXED, Turn};
use crate::inputs::Place;
use crate::interpret::evaluate::At;
use crate::interpret::events::Record;
use crate::interpret::join::Join;
use crate::interpret::slots;
use crate::interpret::state::State;
use crate::interpret::terms::Value;

impl Explorer<'_, '_> {
    /// Goes on at a place with a state, joining what came there before.
    pub(super) fn enter(&mut self, at: At, state: &State, from: Option<u32>) {
        let key = self.key(at, state);
        self.mark(at.place);
        let Some(&number) = self.keys.get(&key) else {
            let number = self.blocks.len() as u32;
            self.keys.insert(key, number);
            let mut state = Box::new(state.clone());
            slots::merge(&mut state.slots, &self.evaluator.terms);
            self.held += size_of::<Block>() + size_of_val(state.slots.as_slice());
            self.blocks.push(Block {
                key,
                state,
                joins: 0,
                end: at.place.offset,
                record: Record::default(),
                has_run: false,
                from,
                finished: self.code.finished(at.place),
            });
            self.queue.insert(self.turn_of(number));
            self.edges.extend(from.map(|from| [from, number]));
            return;
        };
        self.edges.extend(from.map(|from| [from, number]));
        let turn = self.turn_of(number);
        let from_behind = from.is_some_and(|from| {
            let is_own = self.blocks[from as usize].key.context == key.context;
            is_own && self.turn_of(from).order() >= turn.order() || self.came_by(from, number)
        });
        let block = &mut self.blocks[number as usize];
        if *block.state == *state {
            return;
        }
        let mut join = Join {
            terms: &mut self.evaluator.terms,
            block: number,
            widen: from_behind || block.joins >= PATIENCE,
        };
        self.effort += 4 + state.slots.len() as u64 / 4;
        let mut joined = self.spares.take(&block.state);
        join.join(&block.state, state, &mut joined);
        if joined != block.state {
            std::mem::swap(&mut block.state, &mut joined);
            block.joins += u32::from(block.has_run);
            self.queue.insert(turn);
        }
        self.spares.put(joined);
    }

    /// Whether a block was first come to by way of another, or is that itself.
    fn came_by(&self, mut block: u32, way: u32) -> bool {
        // Blocks have greater numbers than those they were first entered from.
        while block > way
            && let Some(from) = self.blocks[block as usize].from
        {
            block = from;
        }
        block == way
    }

    /// When it is a block's turn to run.
    fn turn_of(&self, number: u32) -> Turn {
        let block = &self.blocks[number as usize];
        Turn {
            depth: Reverse(self.contexts[block.key.context as usize].depth),
            finished: Reverse(block.finished),
            place: block.key.place,
            block: number,
        }
    }

    /// Lets a block begin at a place, and at the heads of loops behind it.
    fn mark(&mut self, place: Place) {
        if !self.code.mark(place) {
            return;
        }
        self.cut(place);
        for head in self.code.look_ahead(place) {
            if self.code.mark(head) {
                self.cut(head);
            }
        }
    }

    /// Blocks that ran on over a place where another begins now run again, to end there.
    fn cut(&mut self, place: Place) {
        // The search is work like any other, so that the bound holds.
        self.effort += self.blocks.len() as u64 / 32;
        for (number, block) in self.blocks.iter().enumerate() {
            let start = block.key.place;
            let covers = start.offset < place.offset && place.offset < block.end;
            if covers && start.section == place.section {
                self.queue.insert(self.turn_of(number as u32));
            }
        }
    }

    /// Notes where a jump goes that is sure to be made: a loop whose turns are counted by numbers
    /// ends, so that more of them may be kept apart by their SP.
    pub(super) fn count_frames(&mut self, at: At, state: &State) {
        let most = self.granted.frames;
        let is_one_more =
            |seen: &Vec<Value>| seen.len() >= most && !seen.contains(&state.stack_pointer());
        let seen = self.frames.get(&(at.place, at.context));
        self.counts_frames |= seen.is_some_and(is_one_more);
    }

    pub(super) fn key(&mut self, at: At, state: &State) -> Key {
        let seen = self.frames.entry((at.place, at.context)).or_default();
        let stack_pointer = state.stack_pointer();
        let known = seen.contains(&stack_pointer);
        if !known && seen.len() < self.granted.frames {
            seen.push(stack_pointer);
        }
        let is_own = known || seen.contains(&stack_pointer);
        Key {
            place: at.place,
            context: at.context,
            stack_pointer: if is_own { stack_pointer } else { MIXED },
            base: state.base,
            links: match self.calls {
                Calls::Closely => {
                    self.links
                        .of(self.evaluator.image, &self.evaluator.terms, at, state)
                }
                _ => Links::NONE,
            },
        }
    }
}

/// After how many joins a block gives up bounds that keep growing. The head of a loop does so with
/// the first turn: what grows by then mostly goes on.
const PATIENCE: u32 = 5;
