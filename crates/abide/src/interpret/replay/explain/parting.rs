//! Two runs that differ in garbage alone: where they part.

use crate::inputs::Place;
use crate::interpret::code::Code;
use crate::interpret::replay::course::{Course, Scene, Turn};
use crate::interpret::replay::entry::Entry;
use crate::interpret::replay::pair::Interrupted;
use crate::interpret::replay::symptom::{Garbled, Symptom};
use crate::interpret::replay::{ReplayStep, What};
use crate::machine::concrete::Access;

/// Where two runs part, and what they differ in.
pub(super) struct Parting {
    /// How many instructions both ran before.
    pub(super) after: u64,
    /// The stack whose contents differ.
    pub(super) range: Option<(u64, u64)>,
    pub(super) steps: Vec<ReplayStep>,
}

/// Runs two entries side by side to the instruction at `place` where they part.
pub(super) fn part(
    code: &mut Code<'_>,
    scene: Scene<'_>,
    entries: [&Entry; 2],
    symptom: Symptom,
    place: Place,
    most: u64,
) -> Parting {
    let mut one = Course::new(scene, entries[0]);
    let mut other = Interrupted::new(Course::new(scene, entries[1]));
    let interrupts = matches!(symptom, Symptom::BelowStackPointer { .. });
    let mut parting = Parting {
        after: 0,
        range: None,
        steps: Vec::new(),
    };
    while parting.steps.is_empty() && parting.after < most {
        let at = one.place;
        let (Ok(first), Ok(second)) = (one.execute(code), other.course.execute(code)) else {
            break;
        };
        let accesses = differences(&mut one, &mut other.course, symptom);
        if at == place && interrupts {
            let load = one
                .machine
                .accesses()
                .iter()
                .find(|access| !access.is_store);
            parting.range = load.map(|load| (load.address, load.bytes));
        }
        let passed = match symptom {
            Symptom::Undefined {
                shown: Garbled::Passed(held, bits),
                ..
            } => {
                let values = [&mut one, &mut other.course].map(|run| run.passed(held, bits));
                values.map(Option::unwrap_or_default)
            }
            _ => [0, 0],
        };
        let turns = [one.settle(&first), other.course.settle(&second)];
        let ways = [one.place, other.course.place].map(|place| scene.layout.address_of(place));
        if at == place {
            let accessed = accesses.into_iter().map(Differing::Number);
            let differing = [Differing::Way(ways), Differing::Number(passed)];
            let next = scene.layout.address_of(place) + u64::from(first.instruction.length);
            let what = accessed.chain(differing).find_map(|one| one.told(next));
            parting.steps.extend(what.map(|what| ReplayStep {
                place,
                what,
                times: 1,
            }));
        }
        if turns.iter().any(|turn| matches!(turn, Turn::Ended(_))) {
            break;
        }
        if interrupts {
            other.interrupt();
        }
        parting.after += u64::from(parting.steps.is_empty());
    }
    parting
}

/// What may differ in two runs at one instruction.
enum Differing {
    /// Where it leads.
    Way([u64; 2]),
    /// What it accesses, loads, stores or passes on.
    Number([u64; 2]),
}

impl Differing {
    /// What is to be told of it, if it does; `next` is behind the instruction.
    fn told(self, next: u64) -> Option<What> {
        let (Self::Way([one, other]) | Self::Number([one, other])) = self;
        match self {
            _ if one == other => None,
            Self::Way(ways) if ways.contains(&next) => Some(What::Parts {
                one_takes: other == next,
            }),
            _ => Some(What::Differs { one, other }),
        }
    }
}

/// For each access of the last instruction its two addresses, or what was loaded or stored there.
fn differences(one: &mut Course<'_>, other: &mut Course<'_>, symptom: Symptom) -> Vec<[u64; 2]> {
    let is_content = |access: Access| match symptom {
        Symptom::BelowStackPointer { .. } => !access.is_store,
        Symptom::Undefined { shown, .. } => shown == Garbled::Stored && access.is_store,
        _ => false,
    };
    let [ones, others] = [&*one, &*other].map(|course| course.machine.accesses().to_vec());
    let pairs = ones.into_iter().zip(others);
    let pairs = pairs.map(|(a, b)| match is_content(a) && a == b {
        true => [loaded(one, a), loaded(other, a)],
        false => [a.address, b.address],
    });
    pairs.collect()
}

/// The low 64 bits of what stands where an access was.
fn loaded(course: &mut Course<'_>, access: Access) -> u64 {
    let bytes = access.bytes.min(8) as u16;
    course.machine.memory().read(access.address, bytes).words[0]
}
