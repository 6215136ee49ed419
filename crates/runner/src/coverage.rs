//! Which ways of the branches were taken.

use std::collections::{BTreeMap, BTreeSet};

use abide::contracts::platform_of;
use abide::conventions::never_returns;
use abide::inputs::{Image, Place};
use abide::interpret::{
    AssumedTable, Callee, Calls, Code, Event, Exit, Explorer, Facts, Surroundings,
};
use abide::machine::{Flow, Reference};
use abide::project::{Assumed, RootVerdicts};

use crate::link::Linked;

/// Where the instruction at one byte of code has led: a bit for each distance
/// up to 15 bytes ahead, and one for all else.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub struct Note(u16);

impl Note {
    pub(crate) fn add(&mut self, from: u64, to: u64) {
        self.0 |= bit(from, to);
    }

    const fn has(self, from: u64, to: u64) -> bool {
        self.0 & bit(from, to) != 0
    }

    const fn is_any(self) -> bool {
        self.0 != 0
    }
}

const fn bit(from: u64, to: u64) -> u16 {
    match to.wrapping_sub(from) {
        ahead @ 1..16 => 1 << ahead,
        _ => 1,
    }
}

/// Tells what the engine visits for a root.
pub struct Surveyor<'image> {
    code: Code<'image>,
    around: Surroundings<'image>,
}

impl<'image> Surveyor<'image> {
    /// For an image with these roots.
    #[must_use]
    pub fn new(image: &'image Image, roots: &[RootVerdicts]) -> Self {
        let contracted = roots
            .iter()
            .map(|found| (found.root.place, found.contract.clone()));
        // Nothing is declared: the corpus is taken as it is.
        let mut around = Surroundings::new(image, platform_of(image.objects()));
        around.contracted = contracted.collect();
        around.never_return = never_returns;
        Self {
            code: Code::new(image),
            around,
        }
    }

    /// What is visited for a root.
    pub fn survey(&mut self, found: &RootVerdicts, calls: Calls) -> Visited {
        let (root, contract) = (found.root.place, &found.contract);
        let analysis = Explorer::analyse(&mut self.code, &self.around, calls, root, contract);
        let blocks: BTreeSet<Place> = analysis.ways.iter().map(|&(place, _)| place).collect();
        let left = left_on_trust(found, &analysis.facts);
        let mut assumptions = analysis.facts.assumptions;
        assumptions.indexed.extend(assumptions.begun);
        let mut visited = Visited {
            blocks,
            tables: assumptions.table_bound,
            tabled: assumptions.tabled,
            indexed: assumptions.indexed,
            left,
            ..Visited::default()
        };
        for block in visited.blocks.clone() {
            visited.add_block(&mut self.code, block);
        }
        visited
    }
}

/// The blocks and the conditional branches that the proofs visited.
#[derive(Debug, Clone, Default)]
pub struct Visited {
    /// Where blocks begin.
    blocks: BTreeSet<Place>,
    /// All instructions.
    instructions: BTreeSet<Place>,
    /// Branches, and the two places that each may lead to.
    branches: BTreeMap<Place, [Place; 2]>,
    /// The tables whose ends were assumed.
    tables: BTreeSet<AssumedTable>,
    /// Where jumps lead by the entries that such tables have.
    tabled: BTreeSet<(Place, Place)>,
    /// Stores to the frame whose index was assumed to be in bounds.
    indexed: BTreeSet<Place>,
    /// Calls and jumps to functions that are taken to keep their convention, and may not.
    left: BTreeSet<Place>,
}

/// Where control leaves to functions of which the proof takes it that they keep their convention: those
/// behind pointers, and those that do not.
fn left_on_trust(found: &RootVerdicts, facts: &Facts) -> BTreeSet<Place> {
    let is_trusted = |callee: Callee| {
        let assumed = Assumed::CalleeConforms(callee);
        callee == Callee::Pointer || found.assumptions.contains(&assumed)
    };
    let leaves = |event: &Event| match event {
        Event::Call { callee, .. } => is_trusted(*callee),
        Event::Exit { exit, .. } => matches!(exit, Exit::Tail(callee) if is_trusted(*callee)),
        _ => false,
    };
    let seen = facts.events.iter().filter(|seen| leaves(&seen.event));
    seen.map(|seen| seen.place).collect()
}

impl Visited {
    /// Adds what was visited for another root.
    pub fn merge(&mut self, other: Self) {
        self.blocks.extend(other.blocks);
        self.instructions.extend(other.instructions);
        self.branches.extend(other.branches);
        self.tables.extend(other.tables);
        self.tabled.extend(other.tabled);
        self.indexed.extend(other.indexed);
        self.left.extend(other.left);
    }

    /// All instructions.
    pub fn instructions(&self) -> impl Iterator<Item = Place> {
        self.instructions.iter().copied()
    }

    /// Where jumps lead by the entries that tables of an assumed end have, by the jump.
    pub fn tabled(&self) -> impl Iterator<Item = (Place, Place)> {
        self.tabled.iter().copied()
    }

    /// The tables whose ends were assumed.
    pub fn tables(&self) -> impl Iterator<Item = AssumedTable> {
        self.tables.iter().copied()
    }

    /// Stores to the frame whose index was assumed to be in bounds.
    pub fn indexed(&self) -> impl Iterator<Item = Place> {
        self.indexed.iter().copied()
    }

    /// Calls and jumps to functions that are taken to keep their convention, and may not.
    pub fn left(&self) -> impl Iterator<Item = Place> {
        self.left.iter().copied()
    }

    /// Walks to the block's end: where another begins, or nothing comes next.
    fn add_block(&mut self, code: &mut Code<'_>, start: Place) {
        let mut place = start;
        while let Ok(instruction) = code.at(place) {
            self.instructions.insert(place);
            let next = Place {
                offset: place.offset + i64::from(instruction.length),
                ..place
            };
            match instruction.flow {
                Flow::Branch {
                    target: Reference::Place(target),
                    ..
                } => {
                    self.branches.insert(place, [next, target]);
                }
                Flow::Next | Flow::Branch { .. } | Flow::Call(_) | Flow::System(_) | Flow::Halt => {
                }
                _ => return,
            }
            if self.blocks.contains(&next) {
                return;
            }
            place = next;
        }
    }

    /// How much of it the noted steps cover.
    #[must_use]
    pub fn covered(&self, linked: &Linked<'_>, notes: &[Note]) -> Coverage {
        let start = linked.code_addresses().start;
        let note = |at: u64| notes.get(at.wrapping_sub(start) as usize).copied();
        let blocks = self
            .blocks
            .iter()
            .filter_map(|&place| linked.address_of(place));
        let mut coverage = Coverage::default();
        for at in blocks {
            coverage.blocks += 1;
            coverage.blocks_run += usize::from(note(at).is_some_and(Note::is_any));
        }
        for (&from, targets) in &self.branches {
            for &to in targets {
                let (from, to) = (linked.address_of(from), linked.address_of(to));
                let taken = from
                    .zip(to)
                    .is_some_and(|(from, to)| note(from).is_some_and(|note| note.has(from, to)));
                coverage.ways += 1;
                coverage.ways_taken += usize::from(taken);
            }
        }
        coverage
    }
}

/// How much was covered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Coverage {
    /// Blocks that the proofs visited.
    pub blocks: usize,
    /// Those of them that ran.
    pub blocks_run: usize,
    /// Ways out of conditional branches; two each.
    pub ways: usize,
    /// Those of them that were taken.
    pub ways_taken: usize,
}

impl Coverage {
    /// Adds another unit's.
    pub fn add(&mut self, other: Self) {
        self.blocks += other.blocks;
        self.blocks_run += other.blocks_run;
        self.ways += other.ways;
        self.ways_taken += other.ways_taken;
    }
}
