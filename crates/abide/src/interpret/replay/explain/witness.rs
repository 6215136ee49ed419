//! A run that is watched: each step that touches what the violation is of.

use rustc_hash::FxHashSet;

use crate::inputs::Place;
use crate::interpret::code::Code;
use crate::interpret::events::Unwound;
use crate::interpret::replay::course::{Course, End, Scene, Turn};
use crate::interpret::replay::entry::{Entry, Input, RETURN_ADDRESS, on_stack};
use crate::interpret::replay::frame::{Frame, FrameAccess, Holds, Piece, Pieces};
use crate::interpret::replay::symptom::Symptom;
use crate::interpret::replay::unwind::misled;
use crate::interpret::replay::{ReplayStep, What};
use crate::machine::concrete::Access;
use crate::registers::{Flags, Register};

/// A memory cell is named after a pointer that leads at most this far from it.
pub(super) const NEAR: u64 = 1 << 16;

/// Watches a run.
pub(super) struct Witness<'a> {
    pub(super) symptom: Symptom,
    pub(super) course: Course<'a>,
    pub(super) branches: FxHashSet<Place>,
    /// Stack whose stores are shown: the lowest address and how many bytes.
    pub(super) range: Option<(u64, u64)>,
    /// Where the stack holds the watched register's entry value, by address.
    pub(super) slots: Vec<u64>,
    /// Where it did, and what was stored over it.
    pub(super) spoilt: Vec<(u64, FrameAccess)>,
    pub(super) steps: Vec<ReplayStep>,
    /// What lay on the stack before the instruction that ran last, and what that stored.
    pub(super) pieces: Pieces,
    pub(super) stored: Vec<Piece>,
    /// SP before the instruction that ran last.
    pub(super) stack_pointer: u64,
    /// The access to draw.
    pub(super) access: Option<FrameAccess>,
}

impl<'a> Witness<'a> {
    pub(super) fn new(
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

    pub(super) fn run(&mut self, code: &mut Code<'_>, most: u64) {
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
    pub(super) fn look(&mut self) {
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
    pub(super) fn frame(&self) -> Option<Frame> {
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
            | Symptom::UnwrittenArgument { .. }
            | Symptom::MisalignedCall { .. } => None,
            _ => self.access,
        };
        let tells = match self.symptom {
            Symptom::UnbalancedStack
            | Symptom::InterruptFrame
            | Symptom::MissingHomeSpace { .. }
            | Symptom::UnwrittenArgument { .. }
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
            | Symptom::MissingGot { .. }
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

/// What the last instruction may have changed.
struct Before {
    pub(super) watched: Option<u64>,
    pub(super) stack_pointer: u64,
    pub(super) direction: Option<bool>,
    pub(super) touched: u64,
}
