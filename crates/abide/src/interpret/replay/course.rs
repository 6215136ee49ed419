//! A run on numbers: the root's instructions, with conforming callees in place of what it calls.
//!
//! A run keeps the assumptions of the analysis, or it is none: a computed jump
//! goes where the analysis has been, and an index into the frame does not
//! reach what the frame keeps for others.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::derived::Derived;
use super::entry::{Entry, Input, RETURN_ADDRESS, may_be_mapped, on_stack, resumes_at};
use crate::contracts::{Contract, Held};
use crate::inputs::Place;
use crate::interpret::code::{Code, Instruction};
use crate::interpret::events::Callee;
use crate::interpret::explore::Calls;
use crate::interpret::linked::Changes;
use crate::interpret::surroundings::Surroundings;
use crate::machine::concrete::{
    Access, Destination, Fault, Layout, Machine, Step, Undetermined, Value,
};
use crate::machine::{Flow, GsBase, Target};
use crate::registers::{Flags, Register, RegisterSet};

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
            callee: None,
            kept: BTreeSet::from([from.wrapping_add_signed(resumes_at(scene.contract))]),
        }
    }

    /// Whether it goes on where it was interrupted with the bases of GS exchanged.
    pub(super) fn goes_back_swapped(&mut self) -> bool {
        let now = privilege(&mut self.machine, self.scene.contract, self.from);
        self.machine.base() == GsBase::Exchanged && now == self.privilege
    }

    /// The same, which can tell what comes from a vector register.
    pub(super) fn watching(self, register: Option<Register>) -> Self {
        let derived = register.map(Derived::from);
        Self { derived, ..self }
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

    fn judge_accesses(&mut self, at: Place, step: &Step) -> Option<End> {
        let unmapped = self
            .machine
            .accesses()
            .iter()
            .find(|access| !self.is_allowed(access));
        if let Some(&access) = unmapped {
            return Some(End::Unmapped(access));
        }
        if let (Step::Fault(Fault::Misaligned), Some(access)) =
            (step, self.machine.accesses().last())
        {
            return Some(End::Misaligned(access.address));
        }
        for access in self.machine.accesses() {
            if on_stack(self.from, access.address) {
                self.touched = self.touched.min(access.address);
            }
        }
        let reaches_out = !self.scene.indexed.is_empty() && self.reaches_out(at);
        reaches_out.then_some(End::OutOfBounds)
    }

    /// Whether a store with a variable index hits what the frame keeps for
    /// others: return addresses, saved registers, addresses of the frame, and
    /// all that is the caller's.
    fn reaches_out(&mut self, at: Place) -> bool {
        let stores = self
            .machine
            .accesses()
            .iter()
            .filter(|access| access.is_store);
        let stores: Vec<Access> = stores.copied().collect();
        let mut preserved = self.scene.contract.preserved.iter();
        let keeps_vectors = preserved.any(Register::is_vector);
        for store in stores {
            if !on_stack(self.from, store.address) {
                continue;
            }
            let end = store.address + store.bytes;
            let hit = |slot: &u64| *slot < end;
            let word = u64::from(self.word());
            let first = store.address.saturating_sub(word - 1);
            if self.scene.indexed.contains(&at) {
                let alive = first.max(self.stack_pointer().saturating_sub(word - 1));
                if end > self.from || self.kept.range(alive..).next().is_some_and(hit) {
                    return true;
                }
            }
            let gone: Vec<u64> = self.kept.range(first..end).copied().collect();
            for slot in gone {
                self.kept.remove(&slot);
            }
            let is_vector = keeps_vectors && store.bytes >= 16;
            let words = if is_vector { store.bytes / word } else { 1 };
            for at in (0..words).map(|number| store.address + word * number) {
                if (is_vector || store.bytes == word) && self.is_kept_for_others(at) {
                    self.kept.insert(at);
                }
            }
        }
        false
    }

    fn is_kept_for_others(&mut self, slot: u64) -> bool {
        let word = self.word();
        let Some(value) = self.machine.memory().read(slot, word).known() else {
            return false;
        };
        let preserved = self.scene.contract.preserved.iter();
        let mut entry = preserved.map(|register| {
            let input = Input::Register(register);
            self.entry.value(self.scene.contract, input)
        });
        value == RETURN_ADDRESS
            || on_stack(self.from, value)
            || self.scene.layout.place_of(value).is_some()
            || entry.any(|entry| entry == value)
    }

    /// Whether a process may make this access without a fault. What the image
    /// holds read-only stays so; all else may be mapped by someone.
    fn is_allowed(&self, access: &Access) -> bool {
        if may_be_mapped(self.scene.contract, access.address, access.bytes) {
            return true;
        }
        let layout = self.scene.layout;
        match layout.place_of(access.address) {
            Some(place) => {
                let section = self.scene.around.image.section(place.section);
                !access.is_store || section.is_some_and(|section| section.flags.write)
            }
            None => layout.is_foreign(access.address),
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

    /// A jump to a function: it returns to what is on top of the stack.
    fn tail(&mut self, callee: Callee) -> Turn {
        let stack_pointer = self.stack_pointer();
        let call = self.abi_call(callee);
        let word = self.word();
        let top = self.machine.memory().read(stack_pointer, word).known();
        match top.map(|top| self.machine.destination(top)) {
            Some(Destination::Place(back)) if stack_pointer != self.from => {
                self.run_callee(call, back)
            }
            _ => Turn::Ended(End::Tail(call)),
        }
    }

    fn call(&mut self, destination: Destination, done: &Done) -> Turn {
        let next = Place {
            offset: done.place.offset + i64::from(done.instruction.length),
            ..done.place
        };
        let callee = match destination {
            // `call next` is how position-dependent code reads its own address.
            Destination::Place(place) if place == next || !self.is_contracted(place) => {
                if self.strays(place, done.instruction.flow) {
                    return Turn::Ended(End::Strayed);
                }
                self.depth += i32::from(place != next);
                self.place = place;
                return Turn::Went;
            }
            Destination::Place(place) => Callee::Place(place),
            Destination::External(symbol) => Callee::External(symbol),
            Destination::Address(address)
                if may_be_mapped(self.scene.contract, address, 1) && address != RETURN_ADDRESS =>
            {
                Callee::Pointer
            }
            Destination::Address(_) => return Turn::Ended(End::NoFunction),
        };
        let call = self.abi_call(callee);
        self.run_callee(call, next)
    }

    fn is_contracted(&self, place: Place) -> bool {
        let Scene {
            around,
            calls,
            root,
            ..
        } = self.scene;
        let by_contract = calls == Calls::ByContract || place == root;
        by_contract && around.contracted.contains_key(&place) || around.is_compiled(place)
    }

    fn abi_call(&self, callee: Callee) -> AbiCall {
        AbiCall {
            callee,
            stack_pointer: self.stack_pointer(),
            direction: self.machine.flag(Flags::DF),
            x87_in_use: self.machine.get(Register::X87_IN_USE),
            upper_in_use: self.machine.get(Register::UPPER_IN_USE),
        }
    }

    /// What the callee that was called last preserves.
    pub(super) fn preserved_by_callee(&self) -> RegisterSet {
        let Scene {
            around, contract, ..
        } = self.scene;
        let callee = self.callee.unwrap_or(Callee::Pointer);
        around.preserved_by(callee, contract)
    }

    /// What the callee that was called last, by the call of this number, left in a register.
    pub(super) fn left(&self, call: u32, register: Register) -> Input {
        let own = self
            .callee
            .and_then(|callee| self.scene.around.contract_of(callee));
        let Some(contract) = own.filter(|contract| contract.convention.results.contains(register))
        else {
            return Input::Left(call, register);
        };
        let declared = contract.declared.as_ref();
        let result = declared.and_then(|declared| declared.result_in(register));
        match result.map(|result| result.bits) {
            _ if !contract.results.contains(register) => Input::Partly(call, register, 0),
            Some(bits @ ..64) => Input::Partly(call, register, bits as u8),
            _ => Input::Left(call, register),
        }
    }

    /// What a conforming callee may do: it changes what its convention lets it
    /// change, uses the stack below its return address, and returns.
    fn run_callee(&mut self, call: AbiCall, back: Place) -> Turn {
        if !self.scene.around.callee_returns(call.callee) {
            return Turn::Ended(End::Gone(call));
        }
        let contract = self.scene.contract;
        self.callee = Some(call.callee);
        let convention = self.scene.around.convention_of(call.callee, contract);
        let preserved = self.scene.around.preserved_by(call.callee, contract);
        if let Some(derived) = &mut self.derived {
            derived.called(preserved);
        }
        let changes = self.changes_of(call.callee);
        for register in (0..Register::COUNT as u8).map(Register) {
            if let Some(changes) = &changes
                && (register.is_vector() || register == Register::X87_CONTROL)
            {
                if changes.certain.contains_key(&register) {
                    let left = self
                        .entry
                        .value(contract, Input::Left(self.calls, register));
                    let mut value = self.machine.value(register);
                    value.words[..2].fill(left);
                    if changes.wide {
                        value.words[2..].fill(0);
                    }
                    self.machine.set_value(register, value);
                }
                continue;
            }
            if preserved.contains(register) && register.is_vector() {
                let kept = self.machine.value(register);
                let kept = kept.truncated(convention.preserved_vector_bits);
                let mut value = Value::open(register.width());
                value.insert(0, convention.preserved_vector_bits, kept, false);
                self.machine.set_value(register, value);
            }
            if preserved.contains(register) || register == Register::RSP {
                continue;
            }
            if register.is_general() {
                let value = self.entry.value(contract, self.left(self.calls, register));
                self.machine.set(register, value);
            } else if register.is_vector() {
                let input = Input::Left(self.calls, register);
                let left = match self.entry.garbage_bits(contract, input) {
                    0 => Value::open(512),
                    _ => Value {
                        words: [self.entry.value(contract, input); 8],
                        unknown: 0,
                    },
                };
                self.machine.set_value(register, left);
            } else if let Register::X87_IN_USE | Register::UPPER_IN_USE = register {
                self.machine.set(register, 0);
            } else if register.is_control() {
                self.machine
                    .set_value(register, Value::open(register.width()));
            }
        }
        self.machine
            .set_flags(Flags::ARITHMETIC | Flags::DF, Flags::NONE);
        let popped = self.scene.around.pops_of(call.callee, contract);
        let popped = u64::from(self.word()) + u64::from(popped.unwrap_or(0));
        let above = call.stack_pointer.wrapping_add(popped);
        self.machine.set(Register::RSP, above);
        let given = self.scene.around.given_above(call.callee, contract);
        let home = above.wrapping_add(given.into());
        // What is not the root's to give, a rule of its own tells.
        let end = if home <= self.from { home } else { above };
        self.overwrite(self.touched, end);
        self.calls += 1;
        self.place = back;
        Turn::Called(call)
    }

    /// What a callee of a handler really changes.
    fn changes_of(&self, callee: Callee) -> Option<Arc<Changes>> {
        let is_handler = self.scene.contract.interrupt.is_some();
        is_handler.then(|| self.scene.around.linked.changes(callee))
    }

    /// Overwrites what the run has written of the stack between two addresses.
    pub(super) fn overwrite(&mut self, from: u64, to: u64) {
        if !on_stack(self.from, to) {
            return;
        }
        let mut at = from.max(self.touched);
        while at < to {
            let bytes = (to - at).min(8);
            self.machine
                .memory()
                .write(at, bytes as u16, Value::number(LEFT_BELOW));
            at += bytes;
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
