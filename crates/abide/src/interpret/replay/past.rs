//! From where a symptom's place is out of reach: a run that comes there need not go on.
//!
//! The blocks that the analysis knows are a graph, and what cannot come to the place in it
//! will not come there in a run. Where the graph is not sure of a successor, it takes all.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::course::Scene;
use crate::inputs::Place;
use crate::interpret::code::Code;
use crate::machine::{Flow, Reference, Target};

/// The starts of straight runs of code from which the place is out of reach.
#[derive(Default)]
pub(super) struct Past(FxHashSet<Place>);

impl Past {
    /// Whether a run that is about to go on here will not come to the place any more.
    pub(super) fn contains(&self, place: Place) -> bool {
        !self.0.is_empty() && self.0.contains(&place)
    }

    /// Finds from where `place` is out of reach.
    pub(super) fn of(code: &mut Code<'_>, scene: Scene<'_>, place: Place) -> Self {
        let mut graph = Graph::default();
        scene.known.iter().for_each(|&start| graph.wait(start));
        while let Some(start) = graph.waiting.pop() {
            let straight = graph.walk(code, scene, start, place);
            graph.straights.insert(start, straight);
        }
        Self(graph.out_of_reach())
    }
}

/// Code without a way in but at its start.
#[derive(Default)]
struct Straight {
    /// Where it may go.
    next: Vec<Place>,
    /// It may return to where it was called.
    returns: bool,
    /// The place is in it, or may be behind it.
    arrives: bool,
}

#[derive(Default)]
struct Graph {
    straights: FxHashMap<Place, Straight>,
    seen: FxHashSet<Place>,
    waiting: Vec<Place>,
    /// Where calls return to.
    backs: Vec<Place>,
}

impl Graph {
    fn wait(&mut self, start: Place) {
        if self.seen.insert(start) {
            self.waiting.push(start);
        }
    }

    fn walk(
        &mut self,
        code: &mut Code<'_>,
        scene: Scene<'_>,
        start: Place,
        wanted: Place,
    ) -> Straight {
        let mut straight = Straight::default();
        let mut at = start;
        loop {
            straight.arrives |= at == wanted;
            let Ok((length, flow)) = code.flow_at(at) else {
                return straight;
            };
            at.offset += i64::from(length);
            match flow {
                Flow::Next if !scene.known.contains(&at) => continue,
                Flow::Next
                | Flow::SetMode(_)
                | Flow::SwapBase
                | Flow::WriteBase
                | Flow::Halt
                | Flow::System(_) => {
                    straight.next.push(at);
                }
                Flow::Far { address, .. } => straight.go_to(Target::Indirect(address)),
                Flow::Branch { target, .. } => {
                    straight.next.push(at);
                    straight.go_to(Target::Direct(target));
                }
                Flow::Jump(target) => {
                    // A function that is jumped to returns to the caller of this one.
                    straight.returns = true;
                    straight.go_to(target);
                }
                Flow::Call(target) => {
                    straight.next.push(at);
                    straight.go_to(target);
                    self.backs.push(at);
                }
                Flow::Return(_) => straight.returns = true,
                Flow::InterruptReturn { .. } | Flow::Stop | Flow::Unknown(_) => {}
            }
            straight.next.iter().for_each(|&next| self.wait(next));
            return straight;
        }
    }

    fn out_of_reach(mut self) -> FxHashSet<Place> {
        let mut before: FxHashMap<Place, Vec<Place>> = FxHashMap::default();
        let mut arriving = VecDeque::new();
        for (&start, straight) in &self.straights {
            for &next in &straight.next {
                before.entry(next).or_default().push(start);
            }
            if straight.returns {
                for &back in &self.backs {
                    before.entry(back).or_default().push(start);
                }
            }
            if straight.arrives {
                arriving.push_back(start);
            }
        }
        while let Some(start) = arriving.pop_front() {
            if self.straights.remove(&start).is_some() {
                arriving.extend(before.remove(&start).unwrap_or_default());
            }
        }
        self.straights.into_keys().collect()
    }
}

impl Straight {
    fn go_to(&mut self, target: Target) {
        match target {
            Target::Direct(Reference::Place(place)) => self.next.push(place),
            Target::Direct(_) => {}
            // It may be any block that the analysis knows.
            Target::Indirect(_) => self.arrives = true,
        }
    }
}
