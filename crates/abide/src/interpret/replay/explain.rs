//! What of a run to show: the entry that matters, and the instructions that matter.

use rustc_hash::FxHashSet;

use super::course::{Course, End, Scene, Turn};
use super::entry::{Entry, Input, RETURN_ADDRESS, on_stack};
use super::frame::{Frame, FrameAccess, Holds, Piece, Pieces};
use super::pair::Interrupted;
use super::search::Found;
use super::solve::MOST_NODES;
use super::symptom::{Garbled, Symptom};
use super::unwind::misled;
use super::{Given, Replay, ReplayStep, What};
use crate::inputs::Place;
use crate::interpret::code::Code;
use crate::interpret::events::Unwound;
use crate::machine::concrete::Access;
use crate::registers::{Flags, Register};

/// How many steps and how many inputs are shown.
const MOST_SHOWN: usize = 12;
const MOST_GIVEN: usize = 8;
/// How many branches are shown.
const MOST_BRANCHES: usize = 4;
/// A memory cell is named after a pointer that leads at most this far from it.
const NEAR: u64 = 1 << 16;

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

/// The inputs that the run's branches looked at, and those that the symptom speaks of.
fn given(scene: Scene<'_>, symptom: Symptom, found: &Found) -> Vec<Given> {
    let contract = scene.contract;
    let mut inputs: Vec<Input> = Vec::new();
    if let Symptom::Clobbered(register) | Symptom::Control(register) = symptom {
        inputs.push(Input::Register(register));
    }
    let nodes = found.trial.forks.iter().map(|fork| fork.node);
    let deciding = found
        .trial
        .deciding
        .iter()
        .copied()
        .filter(|_| symptom.takes_two());
    for node in nodes.chain(deciding) {
        for input in found.trial.shadow.expressions.inputs(node, MOST_NODES) {
            if !inputs.contains(&input) {
                inputs.push(input);
            }
        }
    }
    inputs.truncate(MOST_GIVEN);
    let value = |entry: &Entry, input| match input {
        Input::Memory(..) | Input::Answer(_) => found.trial.shadow.expressions.number_of(input),
        _ => entry.value(contract, input),
    };
    let given = inputs.into_iter().map(|input| {
        let second = found
            .second
            .as_ref()
            .map(|second| second.value(contract, input));
        let value = value(&found.entry, input);
        Given {
            input,
            name: name(scene, &found.entry, input, 4),
            value,
            or: second.filter(|&second| {
                second != value && found.entry.garbage_bits(contract, input) != 0
            }),
        }
    });
    given.collect()
}

/// What a person calls an input: `rdi`, `[rdi + 0x8]`, `[[rdi] + 0x10]`.
fn name(scene: Scene<'_>, entry: &Entry, input: Input, depth: u32) -> String {
    let (address, bytes) = match input {
        Input::Register(register) => return register.to_string(),
        Input::Left(call, register) | Input::Partly(call, register, _) => {
            return format!("{register} after call {}", call + 1);
        }
        Input::Answer(number) => return format!("answer {} of the processor", number + 1),
        Input::Memory(address, bytes) => (address, bytes),
    };
    let size = match bytes {
        1 => "byte ",
        2 => "word ",
        4 => "dword ",
        _ => "",
    };
    let stack_pointer = entry.stack_pointer(scene.contract);
    if on_stack(stack_pointer, address) {
        return format!("{size}[rsp{}]", signed(address.wrapping_sub(stack_pointer)));
    }
    let registers = (0..16).map(|number| Input::Register(Register(number)));
    let pointers = registers
        .chain(entry.chosen.keys().copied())
        .filter(|&pointer| pointer != input && depth > 0)
        .map(|pointer| (pointer, entry.value(scene.contract, pointer)));
    let near = pointers
        .filter(|&(_, to)| address.wrapping_sub(to).wrapping_add(NEAR) < 2 * NEAR)
        .min_by_key(|&(pointer, to)| (address.abs_diff(to), pointer));
    match near {
        Some((pointer, to)) => {
            let pointer = name(scene, entry, pointer, depth - 1);
            format!("{size}[{pointer}{}]", signed(address.wrapping_sub(to)))
        }
        None => match scene
            .layout
            .place_of(address)
            .and_then(|place| scene.around.image.name_of(place))
        {
            Some((symbol, 0)) => format!("{size}[{symbol}]"),
            Some((symbol, distance)) => format!("{size}[{symbol} + {distance:#x}]"),
            None => format!("{size}[{address:#x}]"),
        },
    }
}

fn signed(distance: u64) -> String {
    match distance as i64 {
        0 => String::new(),
        distance @ 1.. => format!(" + {distance:#x}"),
        distance => format!(" - {:#x}", distance.unsigned_abs()),
    }
}

/// Watches a run.
struct Witness<'a> {
    symptom: Symptom,
    course: Course<'a>,
    branches: FxHashSet<Place>,
    /// Stack whose stores are shown: the lowest address and how many bytes.
    range: Option<(u64, u64)>,
    /// Where the stack holds the watched register's entry value, by address.
    slots: Vec<u64>,
    /// Where it did, and what was stored over it.
    spoilt: Vec<(u64, FrameAccess)>,
    steps: Vec<ReplayStep>,
    /// What lay on the stack before the instruction that ran last, and what that stored.
    pieces: Pieces,
    stored: Vec<Piece>,
    /// SP before the instruction that ran last.
    stack_pointer: u64,
    /// The access to draw.
    access: Option<FrameAccess>,
}

impl<'a> Witness<'a> {
    fn new(
        scene: Scene<'a>,
        symptom: Symptom,
        entry: &'a Entry,
        branches: FxHashSet<Place>,
    ) -> Self {
        let course = Course::new(scene, entry);
        let stack_pointer = course.from;
        let is_of_stack = matches!(symptom, Symptom::UnbalancedStack | Symptom::InterruptFrame);
        let return_address = is_of_stack.then_some((course.from, course.word().into()));
        Self {
            symptom,
            course,
            branches,
            range: return_address,
            slots: Vec::new(),
            spoilt: Vec::new(),
            steps: Vec::new(),
            pieces: Pieces::at_entry(scene.contract),
            stored: Vec::new(),
            stack_pointer,
            access: None,
        }
    }

    fn watched(&self) -> Option<Register> {
        match self.symptom {
            Symptom::Clobbered(register)
            | Symptom::Control(register)
            | Symptom::UndefinedResult { register, .. }
            | Symptom::UnwrittenResult(register) => Some(register),
            Symptom::X87InUse { .. } => Some(Register::X87_IN_USE),
            Symptom::UpperInUse => Some(Register::UPPER_IN_USE),
            _ => None,
        }
    }

    fn watches_stack(&self) -> bool {
        !matches!(
            self.symptom,
            Symptom::Clobbered(_)
                | Symptom::X87InUse { .. }
                | Symptom::Control(_)
                | Symptom::UpperInUse
                | Symptom::DirectionFlag
                | Symptom::DirtyFlag { .. }
                | Symptom::Undefined { .. }
                | Symptom::UndefinedResult { .. }
                | Symptom::UnwrittenResult(_)
                | Symptom::Returns
                | Symptom::Unwinding { .. }
                | Symptom::PointeeAccess { .. }
                | Symptom::StaticAccess { .. }
                | Symptom::FallThrough { .. }
        )
    }

    fn run(&mut self, code: &mut Code<'_>, most: u64) {
        for _ in 0..most {
            let at = self.course.place;
            if let Symptom::WrongUnwind { place, part, call } = self.symptom
                && place == at
                && let Some((found, expected)) = misled(&mut self.course, part, call)
            {
                let from = (part == Unwound::Frame).then_some(self.course.from);
                self.note(
                    at,
                    What::Unwound {
                        part,
                        found,
                        expected,
                        from,
                    },
                );
                return;
            }
            let before = self.before();
            self.look();
            let Ok(done) = self.course.execute(code) else {
                self.note(at, What::NoInstruction);
                return;
            };
            self.watch(at, &before);
            self.keep_stores();
            let turn = self.course.settle(&done);
            let next = Place {
                offset: at.offset + i64::from(done.instruction.length),
                ..at
            };
            if self.branches.contains(&at) {
                let taken = self.course.place != next;
                self.note(at, What::Branched { taken });
            }
            self.watch_turn(at, turn);
            let is_over = matches!(turn, Turn::Ended(_));
            if is_over || self.symptom.place() == Some(at) && self.shows_here(at, &before, turn) {
                return;
            }
        }
    }

    fn shows_here(&mut self, at: Place, before: &Before, turn: Turn) -> bool {
        self.symptom
            .shows(&mut self.course, at, before.touched, turn)
    }

    fn before(&self) -> Before {
        Before {
            watched: self
                .watched()
                .and_then(|register| self.course.machine.get(register)),
            stack_pointer: self.course.stack_pointer(),
            direction: self.course.machine.flag(Flags::DF),
            touched: self.course.touched,
        }
    }

    fn note(&mut self, place: Place, what: What) {
        self.steps.push(ReplayStep {
            place,
            what,
            times: 1,
        });
    }

    fn offset(&self, address: u64) -> i64 {
        address.wrapping_sub(self.course.from) as i64
    }

    fn watch(&mut self, at: Place, before: &Before) {
        if let Some(register) = self.watched() {
            if register.is_general() || register.is_vector() {
                self.watch_slots(at, register);
            }
            let now = self.course.machine.get(register);
            if now != before.watched {
                let was = before.watched;
                self.note(
                    at,
                    What::Register {
                        register,
                        was,
                        is: now,
                    },
                );
            }
        }
        let now = self.course.stack_pointer();
        if self.watches_stack() && now != before.stack_pointer {
            let (was, is) = (self.offset(before.stack_pointer), self.offset(now));
            self.note(at, What::StackPointer { was, is });
        }
        if let Some(range) = self.range {
            self.watch_range(at, range);
        }
        let direction = self.course.machine.flag(Flags::DF);
        let is_of_flag = matches!(
            self.symptom,
            Symptom::DirectionFlag
                | Symptom::DirtyFlag {
                    flag: Flags::DF,
                    ..
                }
        );
        if is_of_flag && direction != before.direction {
            self.note(at, What::Direction { set: direction });
        }
        if self.symptom.place() == Some(at) {
            for access in self.course.machine.accesses().to_vec() {
                self.note_access(at, access);
                self.access = Some(self.drawn(at, access));
            }
        }
    }

    /// Looks at the stack as it is before the next instruction.
    fn look(&mut self) {
        for piece in self.stored.drain(..) {
            self.pieces.store(piece);
        }
        self.stack_pointer = self.course.stack_pointer();
    }

    fn keep_stores(&mut self) {
        for access in self.course.machine.accesses().to_vec() {
            if access.is_store && on_stack(self.course.from, access.address) {
                let holds = self.holds(access);
                self.stored.push(Piece {
                    offset: self.offset(access.address),
                    bytes: access.bytes,
                    holds,
                });
            }
        }
    }

    fn holds(&mut self, access: Access) -> Holds {
        let word = u64::from(self.course.word());
        let value = self.value_at(access).filter(|_| access.bytes == word);
        if value == Some(RETURN_ADDRESS) {
            return match self.course.scene.contract.interrupt {
                Some(ref interrupt) => Holds::Pushed(interrupt.frame()[0]),
                None => Holds::ReturnAddress,
            };
        }
        let Course { scene, entry, .. } = self.course;
        let mut registers = (0..16).map(Register).filter(|&register| {
            // Arguments may be anything; what callers keep for themselves is told from all else.
            let input = Input::Register(register);
            entry.garbage_bits(scene.contract, input) == u64::MAX
                && value == Some(entry.value(scene.contract, input))
        });
        let set = scene.contract.convention.set;
        let found = registers.next();
        found.map_or(Holds::Other, |register| Holds::Entry(register, set))
    }

    fn drawn(&self, place: Place, access: Access) -> FrameAccess {
        FrameAccess {
            place,
            offset: self.offset(access.address),
            bytes: access.bytes,
            is_store: access.is_store,
        }
    }

    /// The frame before the last instruction, where it tells something.
    fn frame(&self) -> Option<Frame> {
        let is_near = |offset: i64| offset.unsigned_abs() < NEAR;
        let contract = self.course.scene.contract;
        let stack_pointer = self.offset(self.stack_pointer);
        let access = match self.symptom {
            Symptom::BelowStackPointer { place } => {
                self.range.map(|(address, bytes)| FrameAccess {
                    place,
                    offset: self.offset(address),
                    bytes,
                    is_store: false,
                })
            }
            Symptom::UnbalancedStack
            | Symptom::InterruptFrame
            | Symptom::MissingHomeSpace { .. }
            | Symptom::MisalignedCall { .. } => None,
            _ => self.access,
        };
        let tells = match self.symptom {
            Symptom::UnbalancedStack
            | Symptom::InterruptFrame
            | Symptom::MissingHomeSpace { .. }
            | Symptom::MisalignedCall { .. } => true,
            Symptom::DirectionFlag
            | Symptom::DirtyFlag { .. }
            | Symptom::X87InUse { .. }
            | Symptom::Control(_)
            | Symptom::UpperInUse
            | Symptom::Undefined { .. }
            | Symptom::UndefinedResult { .. }
            | Symptom::UnwrittenResult(_)
            | Symptom::Returns
            | Symptom::Unwinding { .. }
            | Symptom::FallThrough { .. } => false,
            _ => access.is_some_and(|access| is_near(access.offset)),
        };
        (tells && is_near(stack_pointer)).then(|| Frame {
            word: contract.convention.word(),
            stack_pointer,
            residue: matches!(
                self.symptom,
                Symptom::MisalignedCall { .. } | Symptom::MisalignedAccess { .. }
            )
            .then(|| self.stack_pointer % u64::from(contract.callees.stack_alignment)),
            red_zone_end: (matches!(self.symptom, Symptom::BelowStackPointer { .. })
                && contract.convention.red_zone > 0)
                .then(|| stack_pointer - i64::from(contract.convention.red_zone)),
            access,
            pieces: self.pieces.list(),
        })
    }

    fn note_access(&mut self, at: Place, access: Access) {
        let what = match on_stack(self.course.from, access.address) {
            true => What::Slot {
                offset: self.offset(access.address),
                bytes: access.bytes,
                is_store: access.is_store,
                value: self.value_at(access),
            },
            false => What::Access {
                address: access.address,
                bytes: access.bytes,
                is_store: access.is_store,
            },
        };
        self.note(at, what);
    }

    fn value_at(&mut self, access: Access) -> Option<u64> {
        let bytes = access.bytes.min(8) as u16;
        let value = self.course.machine.memory().read(access.address, bytes);
        value.is_known().then_some(value.words[0])
    }

    /// Notes where the register's entry value goes, what overwrites it there, and what is taken back.
    fn watch_slots(&mut self, at: Place, register: Register) {
        let contract = self.course.scene.contract;
        let wanted = self.course.entry.value(contract, Input::Register(register));
        for access in self.course.machine.accesses().to_vec() {
            let end = access.address.saturating_add(access.bytes);
            let word = u64::from(self.course.word());
            let touches = |&slot: &u64| slot < end && slot + word > access.address;
            let is_slot = self.slots.iter().any(touches);
            if !access.is_store {
                if is_slot && access.bytes <= word {
                    self.note_access(at, access);
                }
                // What was stored over is taken back: only then the slot was still in use.
                let spoilt = self.spoilt.iter().find(|(slot, _)| *slot == access.address);
                self.access = spoilt.map(|&(_, store)| store).or(self.access);
                continue;
            }
            let store = self.drawn(at, access);
            let (gone, kept): (Vec<u64>, Vec<u64>) =
                self.slots.iter().partition(|slot| touches(slot));
            self.slots = kept;
            let value = self.value_at(access);
            let whole = access.bytes == word && value == Some(wanted);
            if whole && on_stack(self.course.from, access.address) {
                self.slots.push(access.address);
            }
            if whole || is_slot {
                self.note_access(at, access);
            }
            if !whole {
                self.spoilt
                    .extend(gone.into_iter().map(|slot| (slot, store)));
            }
        }
    }

    fn watch_range(&mut self, at: Place, (from, bytes): (u64, u64)) {
        for access in self.course.machine.accesses().to_vec() {
            let end = access.address.saturating_add(access.bytes);
            if access.is_store && access.address < from + bytes && end > from {
                self.note_access(at, access);
            }
        }
    }

    fn watch_turn(&mut self, at: Place, turn: Turn) {
        match turn {
            Turn::Went => {}
            Turn::Called(call) => {
                let offset = self.offset(call.stack_pointer);
                let callee = call.callee;
                let matters = self.symptom.place().is_none_or(|place| place == at);
                if matters {
                    self.note(at, What::Called { callee, offset });
                }
            }
            Turn::Ended(End::Resumed { .. }) => {
                let offset = self.offset(self.course.stack_pointer());
                self.note(at, What::Resumed { offset });
            }
            Turn::Ended(End::Returned(to)) => {
                let offset = self.offset(self.course.stack_pointer());
                self.note(at, What::Returned { to, offset });
            }
            Turn::Ended(End::Tail(call) | End::Gone(call)) => {
                let offset = self.offset(call.stack_pointer);
                let callee = call.callee;
                self.note(at, What::Called { callee, offset });
            }
            Turn::Ended(End::Unmapped(access)) => self.note_access(at, access),
            Turn::Ended(_) => {}
        }
    }
}

/// Where two runs part, and what they differ in.
struct Parting {
    /// How many instructions both ran before.
    after: u64,
    /// The stack whose contents differ.
    range: Option<(u64, u64)>,
    steps: Vec<ReplayStep>,
}

/// Runs two entries side by side to the instruction at `place` where they part.
fn part(
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

/// What the last instruction may have changed.
struct Before {
    watched: Option<u64>,
    stack_pointer: u64,
    direction: Option<bool>,
    touched: u64,
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
