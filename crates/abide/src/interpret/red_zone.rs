//! Functions that keep data below SP: System V lets them, an interrupt on the same stack does not.

use std::sync::Arc;

use super::code::Code;
use super::events::Event;
use super::explore::{Calls, Explorer};
use super::functions::Functions;
use super::replay::{Outcome, Replay, Replayer, Request, Symptom};
use super::surroundings::Surroundings;
use crate::contracts::Contract;
use crate::conventions::SYSTEM_V_X86_64_INTERRUPTED;
use crate::inputs::{Image, Place};

/// The functions of the linked code that rely on what lay below SP.
#[derive(Debug, Default)]
pub struct RedZone {
    /// They, in the order of their places; those that a run shows first.
    pub users: Vec<User>,
}

/// One of them.
#[derive(Debug)]
pub struct User {
    /// The function.
    pub function: Place,
    /// The instruction that relies on what lay below SP, or the function, where it was not
    /// followed to its end.
    pub at: Place,
    /// How that is known.
    pub evidence: Evidence,
}

/// How it is known that a function relies on what lay below SP.
#[derive(Debug)]
pub enum Evidence {
    /// By a run.
    Run(Arc<Replay>),
    /// An abstract path leads there.
    Path,
    /// It names addresses below SP, and was not followed to its end.
    Unfollowed,
}

impl RedZone {
    /// Looks at every function of the linked code that names an address below SP.
    #[must_use]
    pub fn of(mut around: Surroundings<'_>) -> Self {
        let image = around.image;
        let contract = Contract::of(&SYSTEM_V_X86_64_INTERRUPTED);
        let functions = named_below(image);
        for &function in &functions {
            around.contracted.insert(function, contract.clone());
        }
        let mut code = Code::new(image);
        let replayer = Replayer::new(image);
        let mut is_shown = false;
        let users = functions.into_iter().filter_map(|function| {
            let user = user(&mut code, &around, &replayer, function, !is_shown);
            let of_run = user.as_ref().is_some_and(|user| user.run().is_some());
            is_shown |= of_run;
            user
        });
        let mut users: Vec<User> = users.collect();
        users.sort_by_key(|user| (user.evidence.rank(), user.function));
        Self { users }
    }

    /// The run in which an instruction relies on what lay below SP.
    #[must_use]
    pub fn run_at(&self, at: Place) -> Option<Arc<Replay>> {
        let user = self.users.iter().find(|user| user.at == at)?;
        user.run().cloned()
    }
}

impl User {
    fn run(&self) -> Option<&Arc<Replay>> {
        match &self.evidence {
            Evidence::Run(replay) => Some(replay),
            _ => None,
        }
    }
}

impl Evidence {
    const fn rank(&self) -> u8 {
        match self {
            Self::Run(_) => 0,
            Self::Path => 1,
            Self::Unfollowed => 2,
        }
    }
}

/// The functions that name an address below SP; below the frame pointer is that in functions
/// that call none.
fn named_below(image: &Image) -> Vec<Place> {
    let functions = Functions::of(image);
    let starts = functions
        .starts()
        .filter(|start| image.is_live(start.section));
    let below = starts.filter(|&start| {
        let stretch = functions.stretch(image, start);
        stretch.below_stack || stretch.below_frame && !stretch.calls
    });
    below.collect()
}

/// What a function does below SP; a run is searched where one is wanted.
fn user<'image>(
    code: &mut Code<'image>,
    around: &Surroundings<'image>,
    replayer: &Replayer<'image>,
    function: Place,
    wants_run: bool,
) -> Option<User> {
    let contract = around.contracted.get(&function)?;
    let analysis = Explorer::analyse(code, around, Calls::ByContract, function, contract);
    let mut events = analysis.facts.events.iter();
    let below = events
        .clone()
        .find(|seen| matches!(seen.event, Event::BelowStackPointer { .. }));
    let Some(seen) = below else {
        let is_open = events.any(|seen| matches!(seen.event, Event::Unknown { .. }));
        return is_open.then_some(User {
            function,
            at: function,
            evidence: Evidence::Unfollowed,
        });
    };
    let request = Request {
        root: function,
        calls: Calls::ByContract,
        symptom: Symptom::BelowStackPointer { place: seen.place },
        block: seen.block,
        analysis: &analysis,
    };
    let outcome = wants_run.then(|| replayer.replay(code, around, &request));
    let evidence = match outcome {
        Some(Outcome::Shown(replay)) => Evidence::Run(Arc::from(replay)),
        _ => Evidence::Path,
    };
    Some(User {
        function,
        at: seen.place,
        evidence,
    })
}
