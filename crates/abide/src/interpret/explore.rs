//! Exploration: control flow found as values become known, until states settle.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::code::{Code, behind};
use super::evaluate::{At, Evaluator};
use super::events::{Aim, Assumptions, Callee, Event, Exit, Facts, Reason, Record, Seen, Use};
use super::join::Join;
use super::known::Known;
use super::slots;
use super::state::State;
use super::surroundings::Surroundings;
use super::tables::{Destination, Jump, destinations, is_in_table};
use super::terms::{Base, TermId, Terms, Value};
use crate::contracts::{Contract, Stated};
use crate::inputs::Place;
use crate::machine::x86::is_far_branch;
use crate::machine::{Condition, Flow, GsBase, Operand, Reference, Target};
use crate::registers::RegisterSet;
use links::Links;
use recursion::{Kept, Summary};
use spares::Spares;

/// How many instructions may be visited for one root.
const MOST_VISITS: u64 = 2_000_000;
/// How much memory the states and terms of one root may take, in bytes, nearly.
const MOST_MEMORY: usize = 96 << 20;
/// How many stack pointers one instruction may be reached with before they are joined.
const MOST_FRAMES: usize = 3;
/// After how many joins a block gives up bounds that keep growing. The head of a loop does so with
/// the first turn: what grows by then mostly goes on.
const PATIENCE: u32 = 5;

/// What to do at a call to a function that has a contract of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// Rely on its contract.
    ByContract,
    /// Follow it, as if it were a helper.
    Followed,
    /// Follow it, and look closely: list what tables of constants hold, and keep states apart that
    /// go on in different places later.
    Closely,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    place: Place,
    context: u32,
    /// SP, or [`MIXED`] where too many different ones meet.
    stack_pointer: Value,
    /// Which places of the code registers hold, if states are kept apart by them.
    links: u32,
    /// Which base GS has: states that differ in it are never joined.
    base: GsBase,
}

const MIXED: Value = Value {
    term: TermId(u32::MAX),
    offset: 0,
};

struct Block {
    key: Key,
    /// What holds at its start. In a box, since the list of blocks grows.
    state: Box<State>,
    joins: u32,
    /// The offset behind the last instruction that it ran.
    end: i64,
    /// What its last run saw.
    record: Record,
    has_run: bool,
    /// The block that it was first entered from.
    from: Option<u32>,
    /// When all that follows it was looked at.
    finished: u32,
}

/// When a block runs: callees before what follows the call, and what leads to a place before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    depth: Reverse<u32>,
    finished: Reverse<u32>,
    place: Place,
    block: u32,
}

impl Turn {
    /// The order of the blocks of one context. Whatever jumps against it closes a loop.
    const fn order(self) -> (Reverse<u32>, Place) {
        (self.finished, self.place)
    }
}

#[derive(Debug, Clone, Copy)]
struct Context {
    parent: u32,
    returns_to: Place,
    callee: Place,
    depth: u32,
    /// The innermost helper whose calls to itself it is a part of.
    summary: Option<u32>,
}

/// One analysis of one root.
pub struct Explorer<'code, 'image> {
    code: &'code mut Code<'image>,
    pub(super) around: &'code Surroundings<'image>,
    calls: Calls,
    /// The roots that are explored together.
    roots: Vec<Place>,
    /// Whether the hardware enters them.
    is_handler: bool,
    /// What they keep for their callers.
    pub(super) preserved: RegisterSet,
    /// Whether there may be an unwind table.
    has_unwind: bool,
    pub(super) evaluator: Evaluator<'image>,
    spares: Spares,
    blocks: Vec<Block>,
    keys: FxHashMap<Key, u32>,
    frames: FxHashMap<(Place, u32), Vec<Value>>,
    links: Links,
    contexts: Vec<Context>,
    context_ids: FxHashMap<(u32, Place, Place), u32>,
    summaries: Vec<Summary>,
    kept: Kept,
    queue: BTreeSet<Turn>,
    /// Which block was entered from which: how roots come to what they share.
    edges: Vec<[u32; 2]>,
    visited: u64,
    /// What else than instructions takes time, as many instructions as would take the same.
    effort: u64,
    /// How many bytes the states take that blocks were first entered with.
    held: usize,
    most_memory: usize,
    /// How many may be visited.
    most_visits: u64,
    exhausted: bool,
    relied_on_contracts: bool,
}

/// The outcome of an analysis: facts, and the terms that their values are written in.
pub struct Analysis {
    /// What was found.
    pub facts: Facts,
    /// The terms.
    pub terms: Rc<Terms>,
    /// For each block, its start and the block it was first entered from.
    pub ways: Rc<[(Place, Option<u32>)]>,
    /// A function was taken by its contract that could have been followed.
    pub relied_on_contracts: bool,
    /// A closer look may tell more: see [`Calls::Closely`].
    pub has_details: bool,
}

impl Analysis {
    /// Whether the root calls, jumps or returns to what a register holds at its entry that is the
    /// caller's to keep: what a switch of stacks enters does so, and nothing that is called.
    #[must_use]
    pub fn goes_by_kept_register(&self) -> bool {
        let preserved = self.terms.contract().preserved;
        let is_kept = |base: Option<Base>| matches!(base, Some(Base::Entry(register)) if preserved.contains(register));
        self.facts.events.iter().any(|seen| match &seen.event {
            Event::UndefinedUse {
                garbage,
                used: Use::Target,
            } => is_kept(Some(self.terms.get(garbage.source))),
            Event::Exit {
                exit: Exit::Return(address),
                ..
            } => is_kept(self.terms.as_base(*address)),
            _ => false,
        })
    }
}

impl<'code, 'image> Explorer<'code, 'image> {
    /// Analyses a root over all of its paths.
    pub fn analyse(
        code: &'code mut Code<'image>,
        around: &'code Surroundings<'image>,
        calls: Calls,
        root: Place,
        contract: &Contract,
    ) -> Analysis {
        let mut kept = Kept::default();
        loop {
            let mut explorer = Explorer::new(&mut *code, around, calls, &[root], contract);
            explorer.kept = kept;
            explorer.settle();
            match explorer.weaker() {
                Some(less) => kept = less,
                None => return explorer.finish(),
            }
        }
    }

    fn new(
        code: &'code mut Code<'image>,
        around: &'code Surroundings<'image>,
        calls: Calls,
        roots: &[Place],
        contract: &Contract,
    ) -> Self {
        code.clear_marks();
        let convention = contract.convention;
        let log2 = convention.stack_alignment.trailing_zeros() as u8;
        let residue = u64::from(convention.entry_residue);
        let mut terms = Terms::new(contract.clone(), log2, residue);
        let mut state = State::at_entry(&mut terms);
        if let Some(interrupt) = &contract.interrupt {
            state.interrupted(&mut terms, interrupt);
        }
        for &(register, log2) in &contract.multiples {
            state.learn(&terms, state.register(register), Known::congruent(log2, 0));
        }
        let mut evaluator =
            Evaluator::new(code.image(), terms, convention.red_zone, &around.statics);
        if calls == Calls::Closely {
            evaluator.tables = Some(Arc::clone(&around.boundaries));
        }
        let mut explorer = Self {
            code,
            around,
            calls,
            roots: roots.to_vec(),
            is_handler: contract.interrupt.is_some(),
            preserved: contract.preserved,
            has_unwind: roots.iter().any(|&root| around.unwind.has(root)),
            evaluator,
            spares: Spares::default(),
            blocks: Vec::new(),
            keys: FxHashMap::default(),
            frames: FxHashMap::default(),
            links: Links::default(),
            contexts: vec![Context {
                parent: 0,
                // Not looked at: roots return to their callers.
                returns_to: roots[0],
                callee: roots[0],
                depth: 0,
                summary: None,
            }],
            summaries: Vec::new(),
            kept: Kept::default(),
            context_ids: FxHashMap::default(),
            queue: BTreeSet::new(),
            edges: Vec::new(),
            visited: 0,
            most_visits: MOST_VISITS.saturating_mul(contract.work.into()),
            most_memory: MOST_MEMORY.saturating_mul(contract.work as usize),
            effort: 0,
            held: 0,
            exhausted: false,
            relied_on_contracts: false,
        };
        for &place in roots {
            explorer.enter(At { place, context: 0 }, &state, None);
        }
        explorer
    }

    fn settle(&mut self) {
        while let Some(Turn { block, .. }) = self.queue.pop_first() {
            if self.visited + self.effort > self.most_visits || self.memory() > self.most_memory {
                self.exhausted = true;
                return;
            }
            self.run_block(block);
        }
    }

    /// Puts into an event what is declared of its instruction; false where that answers it.
    fn is_open(&self, seen: &mut Seen) -> bool {
        let Some(stated) = self.around.stated.get(&seen.place) else {
            return true;
        };
        let aligned = u64::from(stated.aligned.unwrap_or(1));
        match &mut seen.event {
            Event::Unknown {
                reason: Reason::SelfModification,
            } => stated.clobbers.is_none(),
            Event::AlignedAccess { align, residue, .. } if aligned >= u64::from(*align) => {
                *residue = residue.or(Some(0));
                true
            }
            Event::Call {
                residue,
                convention,
                ..
            } if aligned >= u64::from(convention.stack_alignment) => {
                *residue = residue.or(Some(u64::from(convention.entry_residue)));
                true
            }
            _ => true,
        }
    }

    /// How much memory the states and terms take, nearly.
    fn memory(&self) -> usize {
        self.held + self.evaluator.terms.size()
    }

    /// What was found of the only root.
    fn finish(self) -> Analysis {
        let all: Vec<u32> = (0..self.blocks.len() as u32).collect();
        Analysis {
            facts: self.facts_of(self.roots[0], &all),
            ways: self.ways(),
            relied_on_contracts: self.relied_on_contracts,
            has_details: self.has_details(),
            terms: Rc::new(self.evaluator.terms),
        }
    }

    fn has_details(&self) -> bool {
        self.calls != Calls::Closely && (self.evaluator.read_table || self.evaluator.chose_place)
    }

    fn ways(&self) -> Rc<[(Place, Option<u32>)]> {
        let blocks = self.blocks.iter();
        blocks.map(|block| (block.key.place, block.from)).collect()
    }

    /// Puts together what the last run of each of these blocks saw.
    fn facts_of(&self, root: Place, blocks: &[u32]) -> Facts {
        let mut facts = Facts {
            events: Vec::new(),
            assumptions: Assumptions::default(),
            unwound: false,
            changes: self
                .is_handler
                .then(|| self.around.linked.changes(Callee::Place(root))),
        };
        for &block in blocks {
            let record = &self.blocks[block as usize].record;
            facts.events.extend_from_slice(&record.events);
            facts.assumptions.add(&record.assumptions);
            facts.unwound |= record.unwound;
        }
        facts.events.extend(self.broken_summaries());
        if self.exhausted {
            let reason = Reason::Bound;
            facts.events.push(Seen {
                place: root,
                block: 0,
                event: Event::Unknown { reason },
            });
        }
        facts.events.retain_mut(|seen| self.is_open(seen));
        facts
    }

    /// Goes on at a place with a state, joining what came there before.
    fn enter(&mut self, at: At, state: &State, from: Option<u32>) {
        let key = self.key(at, state);
        self.mark(at.place);
        let Some(&number) = self.keys.get(&key) else {
            let number = self.blocks.len() as u32;
            self.keys.insert(key, number);
            let mut state = Box::new(state.clone());
            slots::merge(&mut state.slots, &self.evaluator.terms);
            self.held += size_of::<Block>() + size_of_val(state.slots.as_slice());
            self.blocks.push(Block {
                key,
                state,
                joins: 0,
                end: at.place.offset,
                record: Record::default(),
                has_run: false,
                from,
                finished: self.code.finished(at.place),
            });
            self.queue.insert(self.turn_of(number));
            self.edges.extend(from.map(|from| [from, number]));
            return;
        };
        self.edges.extend(from.map(|from| [from, number]));
        let turn = self.turn_of(number);
        let from_behind = from.is_some_and(|from| {
            let is_own = self.blocks[from as usize].key.context == key.context;
            is_own && self.turn_of(from).order() >= turn.order()
        });
        let block = &mut self.blocks[number as usize];
        if *block.state == *state {
            return;
        }
        let mut join = Join {
            terms: &mut self.evaluator.terms,
            block: number,
            widen: from_behind || block.joins >= PATIENCE,
        };
        self.effort += 4 + state.slots.len() as u64 / 4;
        let mut joined = self.spares.take(&block.state);
        join.join(&block.state, state, &mut joined);
        if joined != block.state {
            std::mem::swap(&mut block.state, &mut joined);
            block.joins += u32::from(block.has_run);
            self.queue.insert(turn);
        }
        self.spares.put(joined);
    }

    /// When it is a block's turn to run.
    fn turn_of(&self, number: u32) -> Turn {
        let block = &self.blocks[number as usize];
        Turn {
            depth: Reverse(self.contexts[block.key.context as usize].depth),
            finished: Reverse(block.finished),
            place: block.key.place,
            block: number,
        }
    }

    /// Lets a block begin at a place, and at the heads of loops behind it.
    fn mark(&mut self, place: Place) {
        if !self.code.mark(place) {
            return;
        }
        self.cut(place);
        for head in self.code.look_ahead(place) {
            if self.code.mark(head) {
                self.cut(head);
            }
        }
    }

    /// Blocks that ran on over a place where another begins now run again, to end there.
    fn cut(&mut self, place: Place) {
        // The search is work like any other, so that the bound holds.
        self.effort += self.blocks.len() as u64 / 32;
        for (number, block) in self.blocks.iter().enumerate() {
            let start = block.key.place;
            let covers = start.offset < place.offset && place.offset < block.end;
            if covers && start.section == place.section {
                self.queue.insert(self.turn_of(number as u32));
            }
        }
    }

    fn key(&mut self, at: At, state: &State) -> Key {
        let seen = self.frames.entry((at.place, at.context)).or_default();
        let stack_pointer = state.stack_pointer();
        let known = seen.contains(&stack_pointer);
        if !known && seen.len() < MOST_FRAMES {
            seen.push(stack_pointer);
        }
        let is_own = known || seen.contains(&stack_pointer);
        Key {
            place: at.place,
            context: at.context,
            stack_pointer: if is_own { stack_pointer } else { MIXED },
            base: state.base,
            links: match self.calls {
                Calls::Closely => {
                    self.links
                        .of(self.evaluator.image, &self.evaluator.terms, at, state)
                }
                _ => Links::NONE,
            },
        }
    }

    fn run_block(&mut self, number: u32) {
        self.evaluator.record.clear();
        self.evaluator.block = number;
        self.blocks[number as usize].has_run = true;
        let mut state = self.spares.copy(&self.blocks[number as usize].state);
        self.run_from(number, &mut state);
        self.spares.put(state);
        let mut record = self.evaluator.record.take();
        let before = &mut self.blocks[number as usize].record;
        // What a loop writes to an argument, its first turn found as the caller left it.
        let read = &mut record.assumptions.read_arguments;
        *read = before.assumptions.read_arguments.max(*read);
        *before = record;
    }

    fn run_from(&mut self, number: u32, state: &mut State) {
        let block = &self.blocks[number as usize];
        let mut at = At {
            place: block.key.place,
            context: block.key.context,
        };
        self.evaluator.guard = self.guard_of(at.context);
        let mut first = true;
        let is_unwound = self.has_unwind && at.context == 0;
        // How many plain instructions are to run one by one.
        let mut one_by_one: u32 = 0;
        // Up to where code is known to be of the mode that the processor is in.
        let mut end_of_mode = i64::MIN;
        let mut found = self.code.number_at(at.place);
        loop {
            if at.place.offset >= end_of_mode {
                if !self.is_in_mode(state, at) {
                    return;
                }
                end_of_mode = self.around.image.modes().end_of_run(at.place);
            }
            let Ok(instruction) = found else {
                if is_far_branch(self.code.image(), at.place) {
                    let reason = Reason::Mode(0);
                    return self.evaluator.record(at, Event::Unknown { reason });
                }
                let into = self.what_lies_at(at.place);
                return self.evaluator.record(at, Event::FellThrough { into });
            };
            if !first && self.code.is_marked(instruction) {
                return self.enter(at, state, Some(number));
            }
            first = false;
            let is_call = matches!(self.code.flow(instruction), Flow::Call(_));
            if is_unwound || is_call && at.context == 0 {
                let call = is_call.then(|| self.code.length(instruction));
                self.unwind(state, at, call);
            }
            // Where not all of a stretch is plain in this state, some of its instructions are.
            let stretch = match one_by_one {
                0 if !is_unwound => self.code.stretch(instruction, at.place),
                _ => self.code.alone(instruction),
            };
            if let Some(stretch) = stretch {
                let on_frame = self.code.on_frame(stretch.plain);
                if self.evaluator.run_plain(state, stretch.plain, on_frame) {
                    one_by_one = one_by_one.saturating_sub(stretch.count);
                    self.visited += u64::from(stretch.count);
                    at.place.offset += i64::from(stretch.bytes);
                    self.blocks[number as usize].end = at.place.offset;
                    found = self.code.number_behind(stretch.last, at.place);
                    continue;
                }
                one_by_one = one_by_one.max(stretch.count);
            }
            one_by_one = one_by_one.saturating_sub(1);
            self.visited += 1;
            let Some(next) = self.step(state, at, instruction, number) else {
                return;
            };
            at.place = next;
            found = self.code.number_behind(instruction, next);
        }
    }

    /// Runs one instruction; the place behind it, where the next instruction comes next.
    fn step(&mut self, state: &mut State, at: At, number: u32, from: u32) -> Option<Place> {
        let instruction = self.code.with_effects(number, at.place);
        let next = behind(at.place, instruction.length);
        self.blocks[from as usize].end = next.offset;
        let effects = self.code.effects(&instruction);
        self.evaluator.run(state, at, effects);
        let goes_on = match instruction.flow {
            Flow::Next => true,
            flow => self.follow(state, at, next, flow, from),
        };
        if std::mem::take(&mut self.evaluator.passed_guard) {
            self.wrote_above(at.context);
        }
        goes_on.then_some(next)
    }

    fn what_lies_at(&self, place: Place) -> &'static str {
        match self.evaluator.image.section(place.section) {
            Some(section) if place.offset as u64 >= section.size => "the end of the section",
            Some(section) if !section.flags.execute => "data",
            _ => "bytes that are no instruction",
        }
    }

    /// Follows an instruction's flow; true where the next instruction comes next.
    fn follow(&mut self, state: &mut State, at: At, next: Place, flow: Flow, from: u32) -> bool {
        match flow {
            Flow::Next | Flow::Halt => true,
            Flow::System => {
                self.leave_to_kernel(state, at);
                true
            }
            Flow::Stop => false,
            Flow::Unknown(_) if self.stated(at).is_some_and(Stated::tells_flow) => {
                self.follow_stated(state, at, from)
            }
            Flow::Unknown(why) => {
                let reason = Reason::Instruction(why);
                self.evaluator.record(at, Event::Unknown { reason });
                false
            }
            Flow::InterruptReturn { bits } if self.is_handler => {
                let exit = Exit::Resume { bits };
                let state = Arc::new(state.clone());
                self.evaluator.record(at, Event::Exit { exit, state });
                false
            }
            Flow::InterruptReturn { .. } => {
                let reason = Reason::InterruptReturn;
                self.evaluator.record(at, Event::Unknown { reason });
                false
            }
            Flow::Far { address, selector } => {
                self.far(state, at, address, selector, from);
                false
            }
            Flow::SwapBase | Flow::WriteBase => {
                state.base = state.base.behind(flow);
                true
            }
            Flow::SetMode(value) => self.set_mode(state, at, value),
            Flow::Branch {
                target,
                taken,
                condition,
            } => self.branch(state, at, target, taken, condition, from),
            Flow::Jump(target) => {
                let target = self.target(at, target);
                self.jump(state, at, target, from);
                false
            }
            Flow::Call(target) => {
                let target = self.target(at, target);
                self.call(state, at, next, target, from)
            }
            Flow::Return(address) => {
                let address = self.evaluator.operand(address);
                self.give_back(state, at, address, from);
                false
            }
        }
    }

    /// An instruction that is not modelled, as it is declared; true where the next comes next.
    fn follow_stated(&mut self, state: &mut State, at: At, from: u32) -> bool {
        let Some(stated) = self.stated(at) else {
            return false;
        };
        for &place in &stated.leads_to {
            let mut state = state.clone();
            self.jump_to(&mut state, at, place, from);
        }
        for register in stated
            .clobbers
            .iter()
            .flat_map(|registers| registers.iter())
        {
            if let Some(value) = state.registers.get_mut(register.index()) {
                *value = Value::ANYTHING;
            }
        }
        state.carry = super::state::FlagSource::Open(None);
        state.status = super::state::FlagSource::Open(None);
        stated.clobbers.is_some()
    }

    fn target(&mut self, at: At, target: Target) -> Value {
        match target {
            Target::Direct(reference) => self.reference(reference),
            Target::Indirect(operand) => {
                let value = self.evaluator.operand(operand);
                self.evaluator.check_defined(at, value, Use::Target);
                value
            }
        }
    }

    fn reference(&mut self, reference: Reference) -> Value {
        match reference {
            Reference::Place(place) => self.evaluator.terms.place(place),
            Reference::External(symbol, addend) => self
                .evaluator
                .terms
                .base(super::terms::Base::External(symbol))
                .plus(addend),
            Reference::Got | Reference::GotEntry(_) => Value::ANYTHING,
        }
    }

    fn branch(
        &mut self,
        state: &mut State,
        at: At,
        target: Reference,
        taken: Operand,
        _condition: Option<Condition>,
        from: u32,
    ) -> bool {
        let taken = self.evaluator.operand(taken);
        self.evaluator.check_defined(at, taken, Use::Branch);
        let mut other = self.spares.copy(state);
        if other.assume(&mut self.evaluator.terms, taken, true) {
            let target = self.reference(target);
            self.jump(&mut other, at, target, from);
        }
        self.spares.put(other);
        state.assume(&mut self.evaluator.terms, taken, false)
    }

    fn stated(&self, at: At) -> Option<&'code Stated> {
        self.around.stated.get(&at.place)
    }

    /// Where an indirect jump or call leads: as it is declared, else as the values tell.
    fn destinations(&mut self, state: &State, at: At, target: Value) -> Option<Vec<Destination>> {
        let stated = self.stated(at);
        if let Some(stated) = stated.filter(|stated| !stated.leads_to.is_empty()) {
            let places = stated.leads_to.iter();
            return Some(
                places
                    .map(|&place| Destination::Place(place, None))
                    .collect(),
            );
        }
        let jump = Jump {
            at: at.place,
            target,
            entries: stated.and_then(|stated| stated.entries),
        };
        let boundaries = &self.around.boundaries;
        destinations(&mut self.evaluator, boundaries, state, jump)
    }

    fn aim(&mut self, state: &State, target: Value) -> Aim {
        let boundaries = &self.around.boundaries;
        if is_in_table(&mut self.evaluator, boundaries, state, target) {
            return Aim::Table;
        }
        if self.evaluator.terms.comes_from_image(target) || self.evaluator.is_own_code(target) {
            return Aim::Own;
        }
        Aim::Pointer {
            on_frame: self.evaluator.terms.is_frame(state.stack_pointer()),
        }
    }

    fn jump(&mut self, state: &mut State, at: At, target: Value, from: u32) {
        if let Some(place) = self.evaluator.terms.as_place(target) {
            return self.jump_to(state, at, place, from);
        }
        if self.stated(at).is_some_and(|stated| stated.by_convention) {
            return self.leave(state, at, Callee::Pointer, from);
        }
        let Some(found) = self.destinations(state, at, target) else {
            return self.jump_anywhere(state, at, target, from);
        };
        for destination in found {
            match destination {
                Destination::Place(place, chosen) => {
                    let mut state = self.spares.copy(state);
                    if choose(&mut state, &self.evaluator.terms, chosen) {
                        self.jump_to(&mut state, at, place, from);
                    }
                    self.spares.put(state);
                }
                Destination::External(symbol) => {
                    self.leave(state, at, Callee::External(symbol), from);
                }
                Destination::ReturnAddress => {
                    let mut state = state.clone();
                    self.give_back(&mut state, at, Value::RETURN_ADDRESS, from);
                }
            }
        }
    }

    fn jump_to(&mut self, state: &mut State, at: At, place: Place, from: u32) {
        let at_entry = at.context == 0 && state.stack_pointer() == Value::FRAME;
        let is_other = at_entry && self.roots != [place];
        if self.around.is_compiled(place) || is_other && self.is_taken_by_contract(place) {
            return self.leave(state, at, Callee::Place(place), from);
        }
        let at = At { place, ..at };
        self.enter(at, state, Some(from));
    }

    /// A jump to a function that returns to this one's caller, or to where this helper was called.
    fn leave(&mut self, state: &mut State, at: At, callee: Callee, from: u32) {
        if !self.is_for_mode(state, callee) {
            let reason = Reason::OtherMode;
            return self.evaluator.record(at, Event::Unknown { reason });
        }
        let stack_pointer = state.stack_pointer();
        let word = self.evaluator.terms.word() as u16;
        let top = state
            .load(&mut self.evaluator.terms, stack_pointer, word)
            .value;
        let back = top.and_then(|top| self.evaluator.terms.as_place(top));
        if let Some(back) = back {
            if !self.contract_call(state, at, callee) {
                return;
            }
            let at = self.returned_to(at, back);
            self.enter(at, state, Some(from));
            return;
        }
        let contract = self.evaluator.terms.contract();
        let own = contract.pops.filter(|_| contract.interrupt.is_none());
        if own.is_some() && own != self.around.pops_of(callee, contract) {
            let reason = Reason::Pops(callee);
            return self.evaluator.record(at, Event::Unknown { reason });
        }
        self.check_arguments(state, at, callee);
        self.note_unwinding(at, callee);
        // What it leaves behind when it returns is this root's doing too.
        self.evaluator.record.assumptions.callees.insert(callee);
        let exit = Exit::Tail(callee);
        let state = Arc::new(state.clone());
        self.evaluator.record(at, Event::Exit { exit, state });
    }

    /// A jump through a pointer ends the root; one that the image's own places
    /// and tables give, in a way that is not understood, may stay in it.
    fn jump_anywhere(&mut self, state: &mut State, at: At, target: Value, from: u32) {
        let is_pointer =
            !self.evaluator.terms.comes_from_image(target) && !self.evaluator.is_own_code(target);
        if is_pointer && state.stack_pointer() == Value::FRAME {
            return self.leave(state, at, Callee::Pointer, from);
        }
        let reason = Reason::IndirectJump(self.aim(state, target));
        self.evaluator.record(at, Event::Unknown { reason });
    }
}

/// Takes in what the choice of a table's entry says.
fn choose(state: &mut State, terms: &Terms, chosen: Option<(Value, i64)>) -> bool {
    match chosen {
        Some((value, number)) => state.learn(terms, value, Known::exactly(number)),
        None => true,
    }
}

mod calls;
mod home;
mod interrupt;
mod links;
mod mode;
mod recursion;
mod spares;
mod together;
mod unwinds;

pub use together::Explored;

#[cfg(test)]
mod containment;
