//! A run on numbers: the root's instructions, with conforming callees in place of what it calls.
//!
//! A run keeps the assumptions of the analysis, or it is none: a computed jump
//! goes where the analysis has been, and an index into the frame does not
//! reach what the frame keeps for others.

mod accesses;
mod callees;
mod written;

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::derived::Derived;
use super::entry::{Entry, RETURN_ADDRESS, may_be_mapped, on_stack, resumes_at};
use super::symptom::Symptom;
use crate::contracts::{Contract, Held};
use crate::inputs::Place;
use crate::interpret::code::{Code, Instruction};
use crate::interpret::events::Callee;
use crate::interpret::explore::Calls;
use crate::interpret::surroundings::Surroundings;
use crate::machine::concrete::{Access, Destination, Layout, Machine, Step, Undetermined, Value};
use crate::machine::{Flow, GsBase, Target};
use crate::registers::Register;
use written::Written;

/// The byte that callees and signal handlers leave below SP.
const LEFT_BELOW: u64 = 0xd9d9_d9d9_d9d9_d9d9;

/// What all runs from one root share.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub around: &'a Surroundings<'a>,
    pub layout: &'a Layout<'a>,
    pub calls: Calls,
    pub root: Place,
    /// The root's contract.
    pub contract: &'a Contract,
    /// Where blocks begin that the abstract engine knows.
    pub known: &'a FxHashSet<Place>,
    /// Where tables lead by entries that may lie behind their ends.
    pub doubted: &'a BTreeSet<Place>,
    /// Where jumps lead by tables whose bounds are assumed, by the jump.
    pub tabled: &'a BTreeSet<(Place, Place)>,
    /// The exits where SP is the same in all runs of a path, and its offset from
    /// SP at the entry.
    pub exits: &'a FxHashSet<(Place, i64)>,
    /// Stores whose index is assumed to stay in bounds.
    pub indexed: &'a BTreeSet<Place>,
}

/// What one instruction led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The run goes on.
    Went,
    /// A function was called by its convention, and has returned.
    Called(AbiCall),
    /// The run is over.
    Ended(End),
}

/// A call by convention, as its callee sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AbiCall {
    pub callee: Callee,
    pub stack_pointer: u64,
    pub direction: Option<bool>,
    pub x87_in_use: Option<u64>,
    pub upper_in_use: Option<u64>,
}

impl Turn {
    /// The call by convention that was made, by a call or a jump.
    pub(super) const fn abi_call(self) -> Option<AbiCall> {
        match self {
            Self::Called(call) | Self::Ended(End::Tail(call) | End::Gone(call)) => Some(call),
            _ => None,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By a return to this address, which is no place of the image.
    Returned(u64),
    /// By `iret`, whose words have so many bits.
    Resumed { bits: u8 },
    /// By a jump to a function that returns to the root's caller.
    Tail(AbiCall),
    /// There is no instruction where control went.
    NoCode,
    /// A callee that does not return.
    Gone(AbiCall),
    /// An instruction that stops.
    Stopped,
    /// An instruction that demands alignment accessed this address.
    Misaligned(u64),
    /// An access where no memory can be, or to memory that cannot be written.
    Unmapped(Access),
    /// A call or jump to where no code can be.
    NoFunction,
    /// A computed jump to where the analysis has not been.
    Strayed,
    /// An index into the frame left the object that it indexes.
    OutOfBounds,
    /// Another exception.
    Fault,
    /// The concrete evaluator does not compute what it takes to go on.
    Undetermined(Undetermined),
    /// The model does not know the instruction.
    Unmodelled(&'static str),
}

/// An instruction that has run.
pub(super) struct Done {
    pub place: Place,
    pub instruction: Instruction,
    step: Step,
}

/// A run.
pub(super) struct Course<'a> {
    pub scene: Scene<'a>,
    pub entry: &'a Entry,
    pub machine: Machine<'a>,
    /// The instruction that comes next.
    pub place: Place,
    /// SP at the entry.
    pub from: u64,
    /// The lowest address of the stack that was touched.
    pub touched: u64,
    /// How many helpers have been called and have not returned.
    pub depth: i32,
    /// How many functions were called by their convention.
    pub calls: u32,
    /// What comes from the vector register that is watched.
    derived: Option<Derived>,
    /// What of the stack was stored to, if that is watched.
    pub written: Option<Written>,
    /// Who was called last.
    callee: Option<Callee>,
    /// CS and what lies above it, as the processor pushed them for a handler.
    privilege: Value,
    /// Where the stack holds what the frame keeps for others: the addresses of a word each.
    kept: BTreeSet<u64>,
}

impl<'a> Course<'a> {
    /// A run that is about to begin.
    pub(super) fn new(scene: Scene<'a>, entry: &'a Entry) -> Self {
        let from = entry.stack_pointer(scene.contract);
        let mut machine = entry.machine(scene.layout, scene.contract);
        let privilege = privilege(&mut machine, scene.contract, from);
        Self {
            scene,
            entry,
            machine,
            privilege,
            place: scene.root,
            from,
            touched: from,
            depth: 0,
            calls: 0,
            derived: None,
            written: None,
            callee: None,
            kept: BTreeSet::from([from.wrapping_add_signed(resumes_at(scene.contract))]),
        }
    }

    /// Whether it goes on where it was interrupted with the bases of GS exchanged.
    pub(super) fn goes_back_swapped(&mut self) -> bool {
        let now = privilege(&mut self.machine, self.scene.contract, self.from);
        self.machine.base() == GsBase::Exchanged && now == self.privilege
    }

    /// The same, which can tell what a symptom asks beside numbers: what comes from a vector
    /// register, or what was stored to.
    pub(super) fn watching(self, symptom: Symptom) -> Self {
        Self {
            derived: symptom.vector().map(Derived::from),
            written: symptom.watches_stores().then(Written::default),
            ..self
        }
    }

    /// Whether what a vector register holds is what nothing of its entry value went into.
    pub(super) fn is_underived(&self, register: Register) -> bool {
        let derived = self.derived.as_ref();
        derived.is_some_and(|derived| !derived.reaches(register))
    }

    /// SP; 0 where it is not known.
    pub(super) fn stack_pointer(&self) -> u64 {
        self.machine.get(Register::RSP).unwrap_or_default()
    }

    /// Where an argument on the stack is, once its callee is entered.
    pub(super) fn passed_at(&self, start: u32) -> u64 {
        let above = u64::from(self.word()) + u64::from(start);
        self.stack_pointer().wrapping_add(above)
    }

    /// The low bits of an argument, once its callee is entered; `None` where they are not known.
    pub(super) fn passed(&mut self, held: Held, bits: u8) -> Option<u64> {
        let value = match held {
            Held::Register(register) => self.machine.value(register),
            Held::Stack(start) => {
                let address = self.passed_at(start);
                self.machine
                    .memory()
                    .read(address, u16::from(bits.div_ceil(8)))
            }
            Held::X87 => return None,
        };
        let number = value.truncated(u16::from(bits));
        (number.unknown == 0).then_some(number.words[0])
    }

    /// The bytes of a return address, and of each word of the stack.
    pub(super) fn word(&self) -> u16 {
        self.scene.contract.convention.word().into()
    }

    /// The bytes of its arguments that the root takes off the stack.
    pub(super) fn pops(&self) -> u64 {
        self.scene.contract.pops.unwrap_or(0).into()
    }

    /// Runs one instruction's effects. What follows from them is for [`Self::settle`].
    pub(super) fn execute(&mut self, code: &mut Code<'_>) -> Result<Done, End> {
        let place = self.place;
        let instruction = code.at(place).map_err(|_| End::NoCode)?;
        let next = Place {
            offset: place.offset + i64::from(instruction.length),
            ..place
        };
        let effects = code.effects(&instruction);
        let step = self.machine.execute(effects, instruction.flow, next);
        if let Some(derived) = &mut self.derived {
            derived.follow(&self.machine, effects, instruction.flow);
        }
        Ok(Done {
            place,
            instruction,
            step,
        })
    }

    /// Goes where the instruction leads.
    pub(super) fn settle(&mut self, done: &Done) -> Turn {
        if let Some(end) = self.judge_accesses(done.place, &done.step) {
            return Turn::Ended(end);
        }
        match done.step {
            Step::Continue(place) if self.strays(place, done.instruction.flow) => {
                Turn::Ended(End::Strayed)
            }
            Step::Continue(place) => self.go_on(place, done.instruction.flow),
            Step::Leave(destination) => self.leave(destination),
            Step::Call(destination) => self.call(destination, done),
            Step::Return(address) => self.give_back(address, done.instruction.flow),
            // What the kernel returns are answers of the processor.
            Step::System(next) => self.go_on(next, Flow::Next),
            Step::Halt(_) | Step::Stop => Turn::Ended(End::Stopped),
            Step::InterruptReturn => Turn::Ended(self.resume(done.instruction.flow)),
            Step::Fault(_) => Turn::Ended(End::Fault),
            Step::Undetermined(what) => Turn::Ended(End::Undetermined(what)),
            Step::Unknown(why) => Turn::Ended(End::Unmodelled(why)),
        }
    }

    fn resume(&self, flow: Flow) -> End {
        match flow {
            Flow::InterruptReturn { bits } if self.scene.contract.interrupt.is_some() => {
                End::Resumed { bits }
            }
            _ => End::Unmodelled("iret in a function that is called"),
        }
    }

    /// What the instruction that ran last stored elsewhere than on the stack.
    pub(super) fn stored(&mut self) -> Vec<Value> {
        let stores = self.machine.accesses().iter().copied();
        let stores: Vec<Access> = stores
            .filter(|access| access.is_store && !on_stack(self.from, access.address))
            .collect();
        let read = |access: Access| {
            let bytes = access.bytes.min(64) as u16;
            self.machine.memory().read(access.address, bytes)
        };
        stores.into_iter().map(read).collect()
    }

    fn go_on(&mut self, place: Place, flow: Flow) -> Turn {
        let jumps = !matches!(flow, Flow::Next);
        if jumps && self.is_tail(place) {
            return self.tail(Callee::Place(place));
        }
        self.place = place;
        Turn::Went
    }

    /// Whether a computed jump, call or return goes where the analysis has not been, or
    /// where it has been in doubt.
    fn strays(&self, place: Place, flow: Flow) -> bool {
        let is_computed = matches!(
            flow,
            Flow::Jump(Target::Indirect(_))
                | Flow::Call(Target::Indirect(_))
                | Flow::Far { .. }
                | Flow::Return(_)
        );
        let is_known = self.scene.known.contains(&place) && !self.scene.doubted.contains(&place);
        let is_outside = !is_known || self.is_behind_table(place);
        is_computed && is_outside && !self.is_contracted(place)
    }

    /// Whether the instruction that ran last takes its target from a table whose bound is assumed,
    /// and the place is none of that table's.
    fn is_behind_table(&self, place: Place) -> bool {
        let from = self.place;
        let lowest = (from, Place::LOWEST);
        let mut tabled = self.scene.tabled.range(lowest..).map(|&(at, _)| at);
        tabled.next() == Some(from) && !self.scene.tabled.contains(&(from, place))
    }

    /// Whether a jump there is a call whose return goes to this function's caller.
    fn is_tail(&self, place: Place) -> bool {
        let Scene {
            around,
            calls,
            root,
            ..
        } = self.scene;
        let contracted = calls == Calls::ByContract && around.contracted.contains_key(&place);
        around.is_compiled(place)
            || contracted && place != root && self.stack_pointer() == self.from
    }

    fn leave(&mut self, destination: Destination) -> Turn {
        match destination {
            Destination::Place(place) => self.go_on(place, Flow::Stop),
            Destination::External(symbol) => self.tail(Callee::External(symbol)),
            Destination::Address(RETURN_ADDRESS) => Turn::Ended(End::Returned(RETURN_ADDRESS)),
            Destination::Address(address) if may_be_mapped(self.scene.contract, address, 1) => {
                self.tail(Callee::Pointer)
            }
            Destination::Address(_) => Turn::Ended(End::NoFunction),
        }
    }

    fn give_back(&mut self, address: u64, flow: Flow) -> Turn {
        match self.machine.destination(address) {
            Destination::Place(place) if self.strays(place, flow) => Turn::Ended(End::Strayed),
            Destination::Place(place) => {
                self.depth -= 1;
                self.go_on(place, Flow::Stop)
            }
            Destination::External(symbol) => self.tail(Callee::External(symbol)),
            Destination::Address(address) => Turn::Ended(End::Returned(address)),
        }
    }
}

/// CS as the processor pushed it, or as a handler has left it.
fn privilege(machine: &mut Machine<'_>, contract: &Contract, from: u64) -> Value {
    let word = contract.convention.word().into();
    let above = resumes_at(contract) + i64::from(word);
    machine.memory().read(from.wrapping_add_signed(above), word)
}
