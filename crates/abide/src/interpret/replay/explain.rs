//! What of a run to show: the entry that matters, and the instructions that matter.

mod given;
mod parting;
mod witness;

use rustc_hash::FxHashSet;

use given::given;
use parting::part;
use witness::Witness;

use super::course::Scene;
use super::search::Found;
use super::symptom::Symptom;
use super::{Replay, ReplayStep, What};
use crate::inputs::Place;
use crate::interpret::code::Code;

/// How many steps are shown.
const MOST_SHOWN: usize = 12;
/// How many branches are shown.
const MOST_BRANCHES: usize = 4;
/// Tells what a run showed.
pub(super) fn explain(
    code: &mut Code<'_>,
    scene: Scene<'_>,
    symptom: Symptom,
    found: &Found,
    tried: u32,
) -> Replay {
    let given = given(scene, symptom, found);
    let branches: FxHashSet<Place> = found.trial.forks.iter().map(|fork| fork.place).collect();
    let mut witness = Witness::new(scene, symptom, &found.entry, branches);
    match found.second.as_ref().zip(symptom.place()) {
        Some((second, place)) => {
            let entries = [&found.entry, second];
            let parting = part(code, scene, entries, symptom, place, found.trial.steps);
            witness.range = parting.range.or(witness.range);
            witness.run(code, parting.after);
            witness.look();
            witness.steps.extend(parting.steps);
        }
        None => witness.run(code, found.trial.steps),
    }
    Replay {
        entry: given,
        frame: witness.frame(),
        steps: shorten(witness.steps),
        tried,
    }
}

/// Keeps the first steps and the last, a few of the branches, and repetitions once.
fn shorten(steps: Vec<ReplayStep>) -> Vec<ReplayStep> {
    let mut kept: Vec<ReplayStep> = Vec::new();
    for step in steps {
        let same = kept.iter_mut().rev().take(8).find(|last| {
            last.place == step.place
                && std::mem::discriminant(&last.what) == std::mem::discriminant(&step.what)
        });
        match same {
            Some(last) => {
                last.times += 1;
                last.what = step.what;
            }
            None => kept.push(step),
        }
    }
    let is_branch = |step: &ReplayStep| matches!(step.what, What::Branched { .. });
    let branches = kept.iter().filter(|step| is_branch(step)).count();
    let mut skip = branches.saturating_sub(MOST_BRANCHES);
    kept.retain(|step| {
        let drop = is_branch(step) && skip > 0;
        skip -= usize::from(drop);
        !drop
    });
    if kept.len() > MOST_SHOWN {
        let half = MOST_SHOWN / 2;
        kept.drain(half..kept.len() - half);
    }
    kept
}
