//! Exploration: control flow found as values become known, until states settle.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::code::Code;
use super::evaluate::{At, Evaluator};
use super::events::{Assumptions, Callee, Event, Exit, Facts, Reason, Record, Seen, Use};
use super::known::Known;
use super::state::State;
use super::surroundings::Surroundings;
use super::terms::{Base, TermId, Terms, Value};
use crate::contracts::{Contract, Stated};
use crate::inputs::Place;
use crate::machine::{GsBase, Operand};
use crate::registers::RegisterSet;
use links::Links;
use passes::Granted;
use recursion::Summary;
use spares::Spares;

/// How many instructions may be visited for one root.
const MOST_VISITS: u64 = 2_000_000;
/// How much memory the states and terms of one root may take, in bytes, nearly.
const MOST_MEMORY: usize = 96 << 20;
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
    granted: Granted,
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
    /// More stack pointers come to an instruction than are kept apart, in a loop whose turns are counted.
    counts_frames: bool,
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
    /// Whether the root returns on some way.
    #[must_use]
    pub fn returns(&self) -> bool {
        let mut events = self.facts.events.iter();
        events.any(|seen| {
            matches!(
                seen.event,
                Event::Exit {
                    exit: Exit::Return(_),
                    ..
                }
            )
        })
    }

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
        let mut granted = Granted::default();
        loop {
            let mut explorer = Explorer::new(&mut *code, around, calls, &[root], contract);
            explorer.granted = granted;
            explorer.settle();
            match explorer.again() {
                Some(other) => granted = other,
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
            granted: Granted::default(),
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
            counts_frames: false,
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

    fn stated(&self, at: At) -> Option<&'code Stated> {
        self.around.stated.get(&at.place)
    }
}

mod calls;
mod home;
mod interrupt;
mod jumps;
mod links;
mod meet;
mod mode;
mod passes;
mod recursion;
mod run;
mod spares;
mod together;
mod unwinds;

pub use together::Explored;

#[cfg(test)]
mod containment;
