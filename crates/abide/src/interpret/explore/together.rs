//! Roots that share code, explored together.
//!
//! A codec has dozens of functions that set a register or two and jump to a body that they
//! share. Explored together the body settles once, from the states of all that come there, joined.
//! That is sound for each of them: what holds of the joined state holds of each way there. It
//! is less precise, so what is left open of a root is to be looked at again with the root alone.

use std::rc::Rc;

use super::{Analysis, Calls, Code, Contract, Explorer, Key, Links, Place, Surroundings, Value};
use crate::machine::GsBase;

/// What was found of a root that was explored together with others.
pub struct Explored {
    /// What was found.
    pub analysis: Analysis,
    /// Nothing that it reaches is reached by another root: it is as if it were explored alone.
    pub is_alone: bool,
}

impl<'code, 'image> Explorer<'code, 'image> {
    /// Analyses roots with equal contracts over all of their paths; none where that takes too
    /// much, or where helpers call themselves.
    pub fn analyse_together(
        code: &'code mut Code<'image>,
        around: &'code Surroundings<'image>,
        roots: &[Place],
        contract: &Contract,
    ) -> Vec<Explored> {
        let mut explorer = Self::new(code, around, Calls::ByContract, roots, contract);
        explorer.settle();
        if explorer.exhausted || !explorer.summaries.is_empty() {
            return Vec::new();
        }
        let reached = explorer.reached();
        let mut roots_of_block = vec![0_u32; explorer.blocks.len()];
        for &block in reached.iter().flatten() {
            roots_of_block[block as usize] += 1;
        }
        let found = roots.iter().zip(&reached);
        let facts: Vec<_> = found
            .map(|(&root, blocks)| explorer.facts_of(root, blocks))
            .collect();
        let ways = explorer.ways();
        let relied_on_contracts = explorer.relied_on_contracts;
        let has_details = explorer.has_details();
        let terms = Rc::new(explorer.evaluator.terms);
        let alone = reached.iter().map(|blocks| {
            let mut blocks = blocks.iter();
            blocks.all(|&block| roots_of_block[block as usize] == 1)
        });
        facts
            .into_iter()
            .zip(alone)
            .map(|(facts, is_alone)| Explored {
                analysis: Analysis {
                    facts,
                    terms: Rc::clone(&terms),
                    ways: Rc::clone(&ways),
                    relied_on_contracts,
                    has_details,
                },
                is_alone,
            })
            .collect()
    }

    /// For each root the blocks that it reaches, in order.
    fn reached(&self) -> Vec<Vec<u32>> {
        let mut successors = vec![Vec::new(); self.blocks.len()];
        for &[from, to] in &self.edges {
            successors[from as usize].push(to);
        }
        for next in &mut successors {
            next.sort_unstable();
            next.dedup();
        }
        let entry = |&place| {
            let entry = Key {
                place,
                context: 0,
                stack_pointer: Value::FRAME,
                links: Links::NONE,
                base: GsBase::AsEntered,
            };
            self.keys.get(&entry).copied()
        };
        let entries = self.roots.iter().filter_map(entry);
        entries.map(|entry| reached(&successors, entry)).collect()
    }
}

/// All blocks that a block leads to, in order, itself too.
fn reached(successors: &[Vec<u32>], entry: u32) -> Vec<u32> {
    let mut is_reached = vec![false; successors.len()];
    is_reached[entry as usize] = true;
    let mut pending = vec![entry];
    let mut blocks = Vec::new();
    while let Some(block) = pending.pop() {
        blocks.push(block);
        for &next in &successors[block as usize] {
            if !std::mem::replace(&mut is_reached[next as usize], true) {
                pending.push(next);
            }
        }
    }
    blocks.sort_unstable();
    blocks
}
