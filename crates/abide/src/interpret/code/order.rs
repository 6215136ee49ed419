//! The order in which blocks are to run: each before what it leads to, as far as direct jumps tell.
//!
//! It is a reverse postorder: of two ways that meet, both are gone before what lies behind. Where
//! they meet is then entered from both before it runs, and need not run again.

use super::{Code, behind};
use crate::inputs::Place;
use crate::machine::{Flow, Reference, Target};

/// An instruction that may not go to the next, while what follows it is looked at.
struct Open {
    number: u32,
    /// The place behind it, if control may go there and nobody has looked yet.
    behind: Option<Place>,
}

impl Code<'_> {
    /// Looks at what direct jumps lead to from a place, up to where control goes by a value or
    /// into another section; gives the targets of jumps backwards, which are the heads of loops.
    /// Each instruction is looked at once for a root.
    pub(in crate::interpret) fn look_ahead(&mut self, place: Place) -> Vec<Place> {
        let mut heads = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        let mut next = Some(place);
        loop {
            while let Some(place) = next {
                next = self.open(place, &mut open, &mut heads);
            }
            let Some(last) = open.last_mut() else {
                return heads;
            };
            next = last.behind.take();
            if next.is_none() {
                self.finished += 1;
                self.entries[last.number as usize].finished = self.finished;
                open.pop();
            }
        }
    }

    /// When all that follows a place was looked at, for this root: the sooner, the later it runs.
    pub(in crate::interpret) fn finished(&mut self, place: Place) -> u32 {
        let turn = self.next_turn(place).ok();
        let entry = turn.map(|(number, _)| &self.entries[number as usize]);
        let entry = entry.filter(|entry| entry.seen == self.round);
        entry.map_or(u32::MAX, |entry| entry.finished)
    }

    /// Begins to look at the first turn from a place on; where it may jump to.
    fn open(
        &mut self,
        place: Place,
        open: &mut Vec<Open>,
        heads: &mut Vec<Place>,
    ) -> Option<Place> {
        let (number, at) = self.next_turn(place).ok()?;
        let entry = &mut self.entries[number as usize];
        if std::mem::replace(&mut entry.seen, self.round) == self.round {
            return None;
        }
        let behind = behind(at, entry.length);
        let flow = self.flows[entry.flow as usize];
        let target = target(flow).filter(|target| target.section == at.section);
        heads.extend(target.filter(|head| head.offset <= at.offset));
        open.push(Open {
            number,
            behind: may_go_on(flow).then_some(behind),
        });
        target
    }
}

/// Whether control may go to the next instruction.
const fn may_go_on(flow: Flow) -> bool {
    matches!(
        flow,
        Flow::Next
            | Flow::Branch { .. }
            | Flow::Call(_)
            | Flow::SetMode(_)
            | Flow::SwapBase
            | Flow::WriteBase
            | Flow::System(_)
            | Flow::Halt
    )
}

/// Where a direct jump leads, taken or not.
const fn target(flow: Flow) -> Option<Place> {
    match flow {
        Flow::Branch {
            target: Reference::Place(place),
            ..
        }
        | Flow::Jump(Target::Direct(Reference::Place(place))) => Some(place),
        _ => None,
    }
}
