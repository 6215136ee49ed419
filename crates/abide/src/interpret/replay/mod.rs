//! Replay: from an abstract path to an entry state whose run shows the violation.
//!
//! The abstract engine finds paths, and a path that it finds may be one that
//! no run takes. Here the root's own instructions run on numbers, from an entry
//! state that the convention allows, with conforming callees in place of the
//! functions that it calls. What is found is a run that shows the violation;
//! where none is found, nothing is claimed.
//!
//! `search` tries entries. Each try runs beside a `shadow`, which tells
//! what input each number came from; `solve` turns that into the next
//! entries: one input changed, so that a branch goes the other way or an
//! address becomes one that can be accessed.

mod course;
mod derived;
mod entry;
mod explain;
mod expression;
mod frame;
mod pair;
mod past;
mod search;
mod shadow;
mod solve;
mod step;
mod symptom;
mod trial;
mod unwind;

pub use entry::{Input, RETURN_ADDRESS};
pub use frame::{Frame, FrameAccess, Holds, Piece};
pub use step::{Given, ReplayStep, What};
pub use symptom::{Garbled, Symptom};

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use super::code::Code;
use super::events::Event;
use super::explore::{Analysis, Calls};
use super::surroundings::Surroundings;
use super::terms::Value;
use crate::inputs::{Image, Place};
use crate::machine::concrete::Layout;
use course::Scene;
use explain::explain;
use search::search;

/// Finds replays in one image.
pub struct Replayer<'image> {
    image: &'image Image,
    /// Laid out when the first replay is wanted: most units need none.
    layout: OnceLock<Layout<'image>>,
}

/// What a replay is wanted for.
pub struct Request<'a> {
    /// The root.
    pub root: Place,
    /// What happens at calls to functions with contracts of their own.
    pub calls: Calls,
    /// What the run must show.
    pub symptom: Symptom,
    /// The block in which the abstract engine saw it.
    pub block: u32,
    /// What the abstract engine found.
    pub analysis: &'a Analysis,
}

/// Whether a replay was found.
pub enum Outcome {
    /// This run shows it.
    Shown(Box<Replay>),
    /// None was found.
    NotFound {
        /// How many entries were tried.
        tried: u32,
        /// What it took, in instructions.
        steps: u64,
        /// Whether runs end where something is not computed here, again and again.
        is_walled: bool,
        /// Why no more, in words.
        why: &'static str,
    },
}

/// A run that shows a violation.
#[derive(Debug)]
pub struct Replay {
    /// What matters of the entry, and of what callees returned.
    pub entry: Vec<Given>,
    /// The instructions that matter, in the order of the run; the last one shows it.
    pub steps: Vec<ReplayStep>,
    /// The frame at the last of them, where the violation is of the stack.
    pub frame: Option<Frame>,
    /// How many entries were tried.
    pub tried: u32,
}

impl<'image> Replayer<'image> {
    /// Will replay code of this image.
    #[must_use]
    pub const fn new(image: &'image Image) -> Self {
        Self {
            image,
            layout: OnceLock::new(),
        }
    }

    /// Searches a run that shows what the request asks for.
    pub fn replay(
        &self,
        code: &mut Code<'image>,
        around: &Surroundings<'image>,
        request: &Request<'_>,
    ) -> Outcome {
        let ways = &request.analysis.ways;
        let scene = Scene {
            around,
            layout: self.layout.get_or_init(|| Layout::new(self.image)),
            calls: request.calls,
            root: request.root,
            contract: request.analysis.terms.contract(),
            exits: &definite_exits(request.analysis),
            known: &ways.iter().map(|&(place, _)| place).collect(),
            indexed: &request.analysis.facts.assumptions.indexed,
            doubted: &request.analysis.facts.assumptions.doubted,
            tabled: &request.analysis.facts.assumptions.tabled,
        };
        let way = way_to(request.analysis, request.block);
        let searched = search(code, scene, request.symptom, &way);
        let why = searched.why();
        match searched.found {
            Some(found) => {
                let replay = explain(code, scene, request.symptom, &found, searched.tries);
                Outcome::Shown(Box::new(replay))
            }
            None => Outcome::NotFound {
                tried: searched.tries,
                steps: searched.steps,
                is_walled: searched.is_walled,
                why,
            },
        }
    }
}

/// The exits where SP is a number of bytes from where it was at the entry, and that number.
fn definite_exits(analysis: &Analysis) -> FxHashSet<(Place, i64)> {
    let exits = analysis.facts.events.iter().filter_map(|seen| {
        let Event::Exit { state, .. } = &seen.event else {
            return None;
        };
        let stack_pointer = state.stack_pointer();
        let is_definite = stack_pointer.term == Value::FRAME.term;
        is_definite.then_some((seen.place, stack_pointer.offset))
    });
    exits.collect()
}

/// The starts of the blocks from the root to one, as the abstract engine first came there.
fn way_to(analysis: &Analysis, block: u32) -> Vec<Place> {
    let mut way = Vec::new();
    let mut next = Some(block);
    while let Some(block) = next
        && way.len() <= analysis.ways.len()
        && let Some(&(place, from)) = analysis.ways.get(block as usize)
    {
        way.push(place);
        next = from;
    }
    way.reverse();
    way
}
