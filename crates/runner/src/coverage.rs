//! Which ways of the branches were taken.

use std::collections::{BTreeMap, BTreeSet};

use abide::contracts::Contract;
use abide::conventions::{SYSTEM_V_X86_64, never_returns};
use abide::inputs::{Image, Place};
use abide::interpret::{Boundaries, Calls, Code, Explorer, Surroundings};
use abide::machine::{Flow, Reference};
use abide::project::RootVerdicts;

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

/// The blocks and the conditional branches that the proofs visited.
#[derive(Debug, Default)]
pub struct Visited {
    /// Where blocks begin.
    blocks: BTreeSet<Place>,
    /// Branches, and the two places that each may lead to.
    branches: BTreeMap<Place, [Place; 2]>,
}

impl Visited {
    /// What the engine visited for these roots.
    #[must_use]
    pub fn by<'a>(image: &Image, roots: impl Iterator<Item = &'a RootVerdicts>) -> Self {
        let roots: Vec<_> = roots.collect();
        let contracted = roots
            .iter()
            .map(|found| (found.root.place, found.contract.clone()));
        let around = Surroundings {
            image,
            convention: &SYSTEM_V_X86_64,
            boundaries: Boundaries::new(image),
            // Nothing is declared: the corpus is taken as it is.
            tables: Default::default(),
            contracted: contracted.collect(),
            never_return: never_returns,
        };
        let mut code = Code::new(image);
        let mut visited = Self::default();
        for found in roots {
            visited.add(&mut code, &around, found.root.place, &found.contract);
        }
        visited
    }

    fn add<'a>(
        &mut self,
        code: &mut Code<'a>,
        around: &Surroundings<'a>,
        root: Place,
        contract: &Contract,
    ) {
        let analysis = Explorer::analyse(code, around, Calls::ByContract, root, contract);
        let blocks: BTreeSet<Place> = analysis.ways.iter().map(|&(place, _)| place).collect();
        for &block in &blocks {
            self.add_block(code, block, &blocks);
        }
        self.blocks.extend(blocks);
    }

    /// Walks to the branch that ends the block, if one does.
    fn add_block(&mut self, code: &mut Code<'_>, start: Place, blocks: &BTreeSet<Place>) {
        let mut place = start;
        while let Ok(instruction) = code.at(place) {
            let next = Place {
                offset: place.offset + i64::from(instruction.length),
                ..place
            };
            match instruction.flow {
                Flow::Next if !blocks.contains(&next) => place = next,
                Flow::Branch {
                    target: Reference::Place(target),
                    ..
                } => {
                    self.branches.insert(place, [next, target]);
                    return;
                }
                _ => return,
            }
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
