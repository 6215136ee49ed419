//! One try: a run with its shadow, and what it teaches about other entries.

use std::collections::HashMap;

use super::course::{Course, End, Scene, Turn};
use super::entry::{Entry, RETURN_ADDRESS, resumes_at};
use super::expression::Node;
use super::past::Past;
use super::shadow::Shadow;
use super::symptom::{Garbled, Symptom};
use crate::contracts::Held;
use crate::inputs::Place;
use crate::interpret::code::Code;
use crate::machine::concrete::Undetermined;
use crate::machine::{Effect, Flow, Reference, Target};
use crate::registers::Register;
use rustc_hash::FxHashMap;

/// How often a branch is noted that goes the same way again and again.
const MOST_REPEATS: u32 = 2;

/// A branch that an input decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fork {
    pub place: Place,
    /// What was tested.
    pub node: Node,
    /// Whether the branch was taken.
    pub taken: bool,
    /// Where it would have gone else.
    pub other: Place,
    /// How much of the way had been gone.
    pub reached: usize,
}

/// What went wrong that a different address would mend.
#[derive(Debug, Clone, Copy)]
pub(super) enum Repair {
    /// The address must be one where memory may be.
    Place(Node),
    /// The address must be rounded down.
    Round(Node, u64),
    /// The count must be small.
    Shorten(Node),
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It showed the symptom.
    Shown,
    /// It ended without.
    Ended(End),
    /// It showed the symptom, by an SP that depends on how often or by how much
    /// an input says that it moves. What inputs the root is made for is not
    /// known, so that this shows nothing.
    Doubtful,
    /// It went where the symptom's place is out of reach.
    Past,
    /// It took too many instructions.
    Long,
}

/// A try, done.
pub(super) struct Trial {
    pub outcome: Outcome,
    pub shadow: Shadow,
    pub forks: Vec<Fork>,
    pub repairs: Vec<Repair>,
    /// What decided at the symptom's place: addresses, a condition, a target.
    pub deciding: Vec<Node>,
    /// Whether it came to the symptom's place.
    pub arrived: bool,
    /// The instruction that it ran last.
    pub last: Place,
    /// How much of the way was gone.
    pub reached: usize,
    pub steps: u64,
    stack: StackMoves,
}

/// How SP came to be what it is.
#[derive(Default)]
struct StackMoves {
    /// SP before each instruction that moved it.
    from: FxHashMap<Place, u64>,
    /// An instruction has moved it again and again, and it still counts from there.
    in_loop: bool,
}

/// What tries are for.
#[derive(Clone, Copy)]
pub(super) struct Aim<'a> {
    /// What a run must show.
    pub symptom: Symptom,
    /// The blocks that the abstract run went through.
    pub way: &'a [Place],
    /// From where a run will not come to the symptom's place any more.
    pub past: &'a Past,
}

/// Runs an entry until it shows the symptom, ends, or has run `most` instructions.
pub(super) fn attempt<'a>(
    code: &mut Code<'_>,
    scene: Scene<'a>,
    entry: &'a Entry,
    aim: Aim<'_>,
    most: u64,
) -> Trial {
    let Aim { symptom, way, past } = aim;
    let mut course = Course::new(scene, entry).watching(symptom);
    let mut trial = Trial {
        outcome: Outcome::Long,
        shadow: Shadow::new(&course),
        forks: Vec::new(),
        repairs: Vec::new(),
        deciding: Vec::new(),
        arrived: false,
        last: scene.root,
        reached: 0,
        steps: 0,
        stack: StackMoves::default(),
    };
    let mut repeats: HashMap<(Place, bool), u32, rustc_hash::FxBuildHasher> = HashMap::default();
    while trial.steps < most {
        trial.steps += 1;
        let at = course.place;
        trial.last = at;
        if symptom.shows_before(&mut course) {
            trial.outcome = Outcome::Shown;
            return trial;
        }
        let touched = course.touched;
        let stack_pointer = course.stack_pointer();
        if way.get(trial.reached) == Some(&at) {
            trial.reached += 1;
        }
        let done = match course.execute(code) {
            Ok(done) => done,
            Err(end) => {
                trial.end(&mut course, symptom, at, touched, end);
                return trial;
            }
        };
        let effects = code.effects(&done.instruction);
        trial.shadow.follow(&course, effects);
        if course.stack_pointer() != stack_pointer {
            trial
                .stack
                .note(at, stack_pointer, effects, done.instruction.flow);
        }
        if symptom.place() == Some(at) {
            trial.arrived = true;
            trial.note_deciding(&course, effects, done.instruction.flow);
            trial.note_garbled(&course, effects, symptom);
        }
        let calls = course.calls;
        let turn = course.settle(&done);
        if course.calls != calls {
            trial.shadow.call(&course, calls);
        }
        match turn {
            Turn::Ended(end) => {
                trial.note_repair(&course, effects, done.instruction.flow, end);
                trial.end(&mut course, symptom, at, touched, end);
                return trial;
            }
            _ if symptom.shows(&mut course, at, touched, turn) => {
                trial.outcome = Outcome::Shown;
                return trial;
            }
            _ => trial.note_fork(
                &course,
                at,
                done.instruction.flow,
                done.instruction.length,
                &mut repeats,
            ),
        }
        if done.instruction.flow != Flow::Next && past.contains(course.place) {
            trial.outcome = Outcome::Past;
            return trial;
        }
    }
    trial
}

impl StackMoves {
    fn note(&mut self, at: Place, from: u64, effects: &[Effect], flow: Flow) {
        let reads = effects.iter().any(
            |effect| matches!(effect, Effect::Read { part, .. } if part.register == Register::RSP),
        );
        let earlier = self.from.insert(at, from);
        let is_call = matches!(flow, Flow::Call(_) | Flow::Return(_));
        let moves_on = earlier.is_some_and(|earlier| earlier != from) && !is_call;
        self.in_loop = reads && (self.in_loop || moves_on);
    }
}

impl Trial {
    fn end(
        &mut self,
        course: &mut Course<'_>,
        symptom: Symptom,
        at: Place,
        touched: u64,
        end: End,
    ) {
        if let Symptom::UndefinedResult { register, .. } = symptom
            && end == End::Returned(RETURN_ADDRESS)
        {
            self.arrived = true;
            self.deciding.extend(self.shadow.register(register));
        }
        self.outcome = match symptom.shows(course, at, touched, Turn::Ended(end)) {
            true if self.is_doubtful(course, symptom, at) => Outcome::Doubtful,
            true => Outcome::Shown,
            false => Outcome::Ended(end),
        };
    }

    /// Whether SP is wrong where the root is left, and the abstract engine does
    /// not say so of all runs on some path.
    fn is_doubtful(&self, course: &Course<'_>, symptom: Symptom, at: Place) -> bool {
        let at_exit = matches!(
            symptom,
            Symptom::Clobbered(_) | Symptom::UnbalancedStack | Symptom::InterruptFrame
        );
        let contract = course.scene.contract;
        let expected = match contract.interrupt.is_some() {
            true => resumes_at(contract),
            false => contract.word() + i64::from(contract.pops.unwrap_or(0)),
        };
        let offset = course.stack_pointer().wrapping_sub(course.from) as i64;
        let depends = self.stack.in_loop || self.shadow.register(Register::RSP).is_some();
        at_exit && depends && offset != expected && !course.scene.exits.contains(&(at, offset))
    }

    fn note_fork(
        &mut self,
        course: &Course<'_>,
        at: Place,
        flow: Flow,
        length: u8,
        repeats: &mut HashMap<(Place, bool), u32, rustc_hash::FxBuildHasher>,
    ) {
        let Flow::Branch {
            target: Reference::Place(target),
            taken,
            ..
        } = flow
        else {
            return;
        };
        let term = self.shadow.operand(course, taken);
        let Some(node) = term.node else {
            return;
        };
        let taken = term.number != 0;
        let repeat = repeats.entry((at, taken)).or_default();
        *repeat += 1;
        let next = Place {
            offset: at.offset + i64::from(length),
            ..at
        };
        let fork = Fork {
            place: at,
            node,
            taken,
            other: if taken { next } else { target },
            reached: self.reached,
        };
        if *repeat > MOST_REPEATS {
            // Of a loop the first turns are kept, and the last.
            let last = self
                .forks
                .iter_mut()
                .rev()
                .take(8)
                .find(|last| last.place == at && last.taken == taken);
            if let Some(last) = last {
                *last = fork;
                return;
            }
        }
        self.forks.push(fork);
    }

    fn note_deciding(&mut self, course: &Course<'_>, effects: &[Effect], flow: Flow) {
        for effect in effects {
            match *effect {
                Effect::Load { address, .. } | Effect::Store { address, .. } => {
                    let node = self.shadow.operand(course, address).node;
                    self.deciding.extend(node);
                }
                Effect::Block(_) => {
                    let pointers_and_count = self.shadow.block.into_iter().flatten();
                    self.deciding.extend(pointers_and_count);
                }
                _ => {}
            }
        }
        self.deciding.extend(match flow {
            Flow::Branch { taken, .. } => self.shadow.operand(course, taken).node,
            Flow::Jump(Target::Indirect(to)) | Flow::Call(Target::Indirect(to)) => {
                self.shadow.operand(course, to).node
            }
            _ => None,
        });
    }

    fn note_garbled(&mut self, course: &Course<'_>, effects: &[Effect], symptom: Symptom) {
        match symptom {
            Symptom::Undefined {
                shown: Garbled::Stored,
                ..
            } => {
                for effect in effects {
                    if let Effect::Store { value, .. } = *effect {
                        self.deciding
                            .extend(self.shadow.operand(course, value).node);
                    }
                }
            }
            Symptom::Undefined {
                shown: Garbled::Passed(Held::Register(register), _),
                ..
            } => self.deciding.extend(self.shadow.register(register)),
            Symptom::Undefined {
                shown: Garbled::Passed(Held::Stack(start), _),
                ..
            } => {
                let node = self.shadow.stored_at(course.passed_at(start));
                self.deciding.extend(node);
            }
            _ => {}
        }
    }

    fn note_repair(&mut self, course: &Course<'_>, effects: &[Effect], flow: Flow, end: End) {
        match end {
            End::Unmapped(access) => {
                let index = course
                    .machine
                    .accesses()
                    .iter()
                    .position(|other| *other == access)
                    .unwrap_or_default();
                for node in self.addresses(course, effects, index) {
                    self.repairs.push(Repair::Place(node));
                }
            }
            End::Misaligned(address) => {
                let index = course.machine.accesses().len() - 1;
                for node in self.addresses(course, effects, index) {
                    self.repairs.push(Repair::Round(node, address & !63));
                }
            }
            End::NoFunction => {
                if let Flow::Call(Target::Indirect(to)) | Flow::Jump(Target::Indirect(to)) = flow {
                    let node = self.shadow.operand(course, to).node;
                    self.repairs.extend(node.map(Repair::Place));
                }
            }
            End::Undetermined(Undetermined::Length) => {
                self.repairs
                    .extend(self.shadow.block[2].map(Repair::Shorten));
            }
            _ => {}
        }
    }

    /// What the address of the access of this number came from.
    fn addresses(&self, course: &Course<'_>, effects: &[Effect], index: usize) -> Vec<Node> {
        if effects
            .iter()
            .any(|effect| matches!(effect, Effect::Block(_)))
        {
            let pointers = [Register::RSI, Register::RDI];
            let block = &self.shadow.block[..pointers.len()];
            return block.iter().copied().flatten().collect();
        }
        let addresses = effects.iter().filter_map(|effect| match *effect {
            Effect::Load { address, .. } | Effect::Store { address, .. } => Some(address),
            _ => None,
        });
        let node = addresses.into_iter().nth(index);
        node.and_then(|address| self.shadow.operand(course, address).node)
            .into_iter()
            .collect()
    }
}
