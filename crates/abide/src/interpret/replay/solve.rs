//! Which input to change, and to what, so that an expression takes another value.
//!
//! The wanted value is carried down from the expression's root to an input,
//! operation by operation, everything else held as it was. What comes out is
//! computed upwards again, so that only what works is given.

use std::cell::Cell;
use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use super::entry::Input;
use super::expression::{Comparison, Expression, Expressions, Node, Term};
use crate::machine::Operation;
use crate::machine::arithmetic::{evaluate, mask};

/// How many expressions one solution may look at.
pub(super) const MOST_NODES: usize = 600;
/// How many candidates are taken down from one root.
const MOST_CANDIDATES: usize = 64;
/// Operations between the root and an input.
const MOST_DEPTH: u32 = 48;
/// How many expressions are made numbers on the way to inputs. What is made of one input in two ways
/// again and again, as by `rcl`, has more ways to it than anybody can go.
const MOST_INVERTED: u32 = 1_000;

/// What an expression shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Not zero, or zero.
    Truth(bool),
    /// This number.
    Exactly(u64),
    /// Another number than it is.
    Different,
}

/// Something that held in the run and shall hold still.
#[derive(Debug, Clone, Copy)]
pub(super) struct Constraint {
    pub node: Node,
    pub truth: bool,
}

/// A change of one input.
pub(super) type Change = (Input, u64);

/// Searches changes that make an expression what is wanted.
pub(super) struct Solver<'a> {
    expressions: &'a Expressions,
    root: Node,
    /// What it is made of, and the constraints, each after what that is made of.
    nodes: Vec<Node>,
    /// How each is made, of those at these places of the list.
    made: Vec<Expression>,
    /// What they were in the run, in this order.
    values: Vec<u64>,
    /// Which inputs have a part in them, as a Bloom filter.
    inputs: Vec<u64>,
    constraints: &'a [Constraint],
    candidates: Vec<Change>,
    inverted: u32,
    looked_at: Cell<u64>,
}

impl<'a> Solver<'a> {
    /// A solver for one expression; none if it is too large.
    pub(super) fn new(
        expressions: &'a Expressions,
        root: Node,
        constraints: &'a [Constraint],
    ) -> Option<Self> {
        let mut roots = vec![root];
        roots.extend(constraints.iter().map(|constraint| constraint.node));
        let (nodes, constraints) = match expressions.below(&roots, MOST_NODES) {
            Some(nodes) => (nodes, constraints),
            None => (expressions.below(&[root], MOST_NODES)?, &[][..]),
        };
        let place = |node| Node(nodes.binary_search(&node).unwrap_or_default() as u32);
        let made: Vec<_> = nodes
            .iter()
            .map(|&node| expressions.get(node).of_others(place))
            .collect();
        let mut values: Vec<u64> = Vec::with_capacity(made.len());
        let mut inputs: Vec<u64> = Vec::with_capacity(made.len());
        for made in &made {
            values.push(made.value(|of| values[of.0 as usize]));
            inputs.push(match *made {
                Expression::Input(input, _) => bit_of(input),
                _ => made.nodes().fold(0, |all, of| all | inputs[of.0 as usize]),
            });
        }
        Some(Self {
            expressions,
            root,
            nodes,
            made,
            values,
            inputs,
            constraints,
            candidates: Vec::new(),
            inverted: 0,
            looked_at: Cell::new(0),
        })
    }

    /// The changes that do it, those first that break the fewest constraints; at most `most`.
    pub(super) fn solve(
        &mut self,
        wanted: Wanted,
        most: usize,
        allowed: impl Fn(Change) -> bool,
    ) -> Vec<Change> {
        self.inverted = 0;
        self.aim_root(wanted);
        let aimed = std::mem::take(&mut self.candidates);
        let mut found = self.judge(wanted, aimed, &allowed);
        if !found.iter().any(|&(broken, _)| broken == 0) {
            let guesses = self.guesses(&allowed);
            found.extend(self.judge(wanted, guesses, &allowed));
        }
        found.sort_by_key(|&(broken, _)| broken);
        found.dedup_by_key(|&mut (_, change)| change);
        found
            .into_iter()
            .take(most)
            .map(|(_, change)| change)
            .collect()
    }

    /// What the nodes are after a change of one input.
    fn evaluate(&self, (changed, value): Change) -> Vec<u64> {
        let all = self.made.len() as u64;
        self.looked_at.set(self.looked_at.get() + all);
        let mut values = self.values.clone();
        let bit = bit_of(changed);
        for (at, made) in self.made.iter().enumerate() {
            if self.inputs[at] & bit == 0 {
                continue;
            }
            values[at] = match *made {
                Expression::Input(input, _) if input == changed => value,
                _ => made.value(|of| values[of.0 as usize]),
            };
        }
        values
    }

    fn value_in(&self, values: &[u64], node: Node) -> u64 {
        let at = self.nodes.binary_search(&node).ok();
        at.and_then(|at| values.get(at).copied())
            .unwrap_or_default()
    }

    /// How many expressions were computed.
    pub(super) fn looked_at(&self) -> u64 {
        self.looked_at.get()
    }

    /// The candidates that give what is wanted, each with the number of constraints it breaks.
    fn judge(
        &self,
        wanted: Wanted,
        candidates: Vec<Change>,
        allowed: impl Fn(Change) -> bool,
    ) -> Vec<(usize, Change)> {
        let mut found = Vec::new();
        for change in candidates {
            if !allowed(change) {
                continue;
            }
            let values = self.evaluate(change);
            let value = |node| self.value_in(&values, node);
            let works = match wanted {
                Wanted::Truth(truth) => (value(self.root) != 0) == truth,
                Wanted::Exactly(number) => value(self.root) == number,
                Wanted::Different => value(self.root) != self.value(self.root),
            };
            if works {
                let broken = self.constraints.iter();
                let broken = broken.filter(|c| (value(c.node) != 0) != c.truth).count();
                found.push((broken, change));
                if broken == 0 && found.len() > 3 {
                    break;
                }
            }
        }
        found
    }

    fn value(&self, node: Node) -> u64 {
        self.value_in(&self.values, node)
    }

    fn number(&self, term: Term) -> u64 {
        term.node.map_or(term.number, |node| self.value(node))
    }

    /// Plain numbers for each input, and its neighbours.
    fn guesses(&self, allowed: impl Fn(Change) -> bool) -> Vec<Change> {
        let mut guesses = Vec::new();
        let inputs = self.expressions.inputs(self.root, MOST_NODES);
        let inputs = inputs
            .into_iter()
            .filter(|&input| allowed((input, 0)) || allowed((input, 1)));
        for input in inputs.take(4) {
            let now = self
                .nodes
                .iter()
                .find_map(|&node| match self.expressions.get(node) {
                    Expression::Input(which, number) if which == input => Some(number),
                    _ => None,
                });
            let now = now.unwrap_or_default();
            let width = width_of(input);
            let mut guess = |value: u64| guesses.push((input, value & mask(width)));
            for bit in 0..width {
                guess(1 << bit);
                guess(now ^ (1 << bit));
                guess(mask(bit));
            }
            for step in [1, 2, 3, 4, 5, 7, 8, 16, 32, 64, 100, 128] {
                guess(step);
                guess(now.wrapping_add(step));
                guess(now.wrapping_sub(step));
            }
            guess(u64::MAX);
        }
        guesses
    }

    // ---- downwards ----

    fn aim_root(&mut self, wanted: Wanted) {
        match wanted {
            Wanted::Truth(truth) => self.aim(self.root, truth, MOST_DEPTH),
            Wanted::Exactly(number) => self.invert(self.root, number, MOST_DEPTH),
            Wanted::Different => {
                let now = self.value(self.root);
                for other in [now ^ 1, now ^ 0x40, now.wrapping_add(0x1000)] {
                    self.invert(self.root, other, MOST_DEPTH);
                }
            }
        }
    }

    /// Makes a condition true or false.
    fn aim(&mut self, node: Node, truth: bool, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        if !self.may_go_on() {
            return;
        }
        match self.expressions.get(node) {
            Expression::Test { of, .. } => self.compare(of, depth),
            Expression::Operation {
                operation: Operation::Xor,
                inputs: [a, b, _],
                ..
            } if a.node.is_none() || b.node.is_none() => {
                for (one, other) in [(a, b), (b, a)] {
                    if let Some(inner) = one.node {
                        self.aim(inner, truth != (other.number & 1 == 1), depth);
                    }
                }
            }
            Expression::Operation {
                operation: Operation::Equal,
                inputs: [a, b, _],
                ..
            } => {
                let step = u64::from(!truth);
                for (one, other) in [(a, b), (b, a)] {
                    let number = self.number(other).wrapping_add(step);
                    self.invert_term(one, number, depth);
                }
            }
            Expression::Operation {
                operation: Operation::And | Operation::Or | Operation::ZeroExtend { .. },
                inputs,
                ..
            } => {
                for inner in inputs.iter().filter_map(|input| input.node) {
                    self.aim(inner, truth, depth);
                }
                self.invert(node, truth.into(), depth);
            }
            _ => self.invert(node, truth.into(), depth),
        }
    }

    /// The numbers around which a comparison changes its outcome.
    fn compare(&mut self, of: Comparison, depth: u32) {
        let [a, b, _] = of.inputs;
        let width = mask(of.bits);
        let top = width ^ (width >> 1);
        for (one, other) in [(a, b), (b, a)] {
            let other = self.number(other);
            for step in [0, 1, u64::MAX, 8, 8_u64.wrapping_neg()] {
                self.invert_term(one, other.wrapping_add(step) & width, depth);
            }
        }
        for number in [0, 1, width, top, top - 1, 2] {
            self.invert_term(of.result, number & width, depth);
        }
        for number in [0, 1, top - 1, top, width] {
            self.invert_term(a, number, depth);
        }
    }

    fn invert_term(&mut self, term: Term, target: u64, depth: u32) {
        if let Some(node) = term.node {
            self.invert(node, target, depth);
        }
    }

    /// Counts an expression that is looked into.
    fn may_go_on(&mut self) -> bool {
        self.inverted += 1;
        self.inverted <= MOST_INVERTED
    }

    /// Makes an expression this number.
    fn invert(&mut self, node: Node, target: u64, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        if self.candidates.len() >= MOST_CANDIDATES || !self.may_go_on() {
            return;
        }
        match self.expressions.get(node) {
            Expression::Input(input, _) => {
                if target & !mask(width_of(input)) == 0 {
                    self.candidates.push((input, target));
                }
            }
            Expression::Test { .. } => self.aim(node, target != 0, depth),
            Expression::Operation {
                operation,
                bits,
                inputs,
            } => {
                if target & !mask(bits) != 0 {
                    return;
                }
                if inputs[0].node.is_some() && inputs[1].node.is_some() {
                    self.invert_line(node, bits, target);
                }
                let numbers = inputs.map(|input| self.number(input));
                for (index, input) in inputs.iter().enumerate() {
                    let Some(inner) = input.node else {
                        continue;
                    };
                    if let Some(value) = undo(operation, bits, numbers, index, target) {
                        let old = numbers[index] & !mask(bits);
                        self.invert(inner, old | value & mask(bits), depth);
                    }
                }
            }
        }
    }
}

impl Solver<'_> {
    /// An input of which an expression is a straight line, as `x + 4 * x + 3`
    /// is, can be solved for at once.
    fn invert_line(&mut self, node: Node, bits: u8, target: u64) {
        for input in self
            .expressions
            .inputs(node, MOST_NODES)
            .into_iter()
            .take(3)
        {
            let at = |x| {
                let values = self.evaluate((input, x));
                self.value_in(&values, node)
            };
            let (zero, one, two) = (at(0), at(1), at(2));
            let slope = one.wrapping_sub(zero);
            if slope & mask(bits) == 0 || two.wrapping_sub(one) & mask(bits) != slope & mask(bits) {
                continue;
            }
            if let Some(x) = divide(target.wrapping_sub(zero), slope) {
                self.candidates.push((input, x & mask(bits)));
            }
        }
    }
}

fn bit_of(input: Input) -> u64 {
    1 << (FxBuildHasher.hash_one(input) >> 58)
}

fn width_of(input: Input) -> u8 {
    match input {
        Input::Memory(_, bytes) => bytes * 8,
        Input::Answer(_) => 32,
        _ => 64,
    }
}

/// What an operation's input of this index must be for it to give `target`,
/// where there is such a number and it is plain to see.
fn undo(
    operation: Operation,
    bits: u8,
    inputs: [u64; 3],
    index: usize,
    target: u64,
) -> Option<u64> {
    let [a, b, c] = inputs;
    let other = if index == 0 { b } else { a };
    let old = inputs[index];
    let all = mask(bits);
    Some(match (operation, index) {
        (Operation::Copy, 0) => target,
        (Operation::Add, _) => target.wrapping_sub(other),
        (Operation::AddCarry, 0 | 1) => target.wrapping_sub(other).wrapping_sub(c & 1),
        (Operation::Subtract, 0) => target.wrapping_add(b),
        (Operation::Subtract, 1) => a.wrapping_sub(target),
        (Operation::SubtractBorrow, 0) => target.wrapping_add(b).wrapping_add(c & 1),
        (Operation::SubtractBorrow, 1) => a.wrapping_sub(target).wrapping_sub(c & 1),
        (Operation::Xor, _) => target ^ other,
        (Operation::Not, 0) => !target,
        (Operation::Negate, 0) => target.wrapping_neg(),
        (Operation::And, _) if target & !other == 0 => old & !other | target,
        (Operation::Or, _) if target & other == other & all => old & other | target & !other,
        (Operation::ShiftLeft, 0) if b < bits.into() => old & !(all >> b) | target >> b,
        (Operation::ShiftRight | Operation::ShiftArithmetic, 0) if b < bits.into() => {
            target << b | old & mask(b as u8)
        }
        (Operation::RotateLeft, 0) => evaluate(Operation::RotateRight, bits, [target, b, 0])?,
        (Operation::RotateRight, 0) => evaluate(Operation::RotateLeft, bits, [target, b, 0])?,
        (Operation::ByteSwap, 0) => evaluate(Operation::ByteSwap, bits, [target, 0, 0])?,
        (Operation::Multiply, 0 | 1) => divide(target, other & all)?,
        (Operation::ZeroExtend { from } | Operation::SignExtend { from }, 0) => {
            old & !mask(from) | target & mask(from)
        }
        (Operation::Select, 0) if c & 1 == 1 => target,
        (Operation::Select, 1) if c & 1 == 0 => target,
        (Operation::LowestSet | Operation::HighestSet | Operation::TrailingZeros, 0) => {
            1_u64.checked_shl(u32::try_from(target).ok()?)?
        }
        (Operation::LeadingZeros, 0) => {
            (all ^ (all >> 1)).checked_shr(u32::try_from(target).ok()?)?
        }
        _ => return None,
    })
}

/// A number that gives `target` when it is multiplied with `by`, modulo 2^64.
fn divide(target: u64, by: u64) -> Option<u64> {
    let twos = by.trailing_zeros();
    let odd = by.checked_shr(twos)?;
    if target.trailing_zeros() < twos {
        return None;
    }
    // Newton's iteration doubles the number of right bits.
    let mut inverse = odd;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
    }
    Some((target >> twos).wrapping_mul(inverse))
}
