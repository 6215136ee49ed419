//! Where the numbers of a run come from: each as an expression over inputs.

use smallvec::SmallVec;

use super::entry::Input;
use crate::machine::arithmetic::{self, evaluate, mask};
use crate::machine::{Condition, Operation};

/// An expression, by its place in [`Expressions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Node(pub u32);

/// A number of the run, and the expression that gave it if inputs had a part in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Term {
    pub number: u64,
    pub node: Option<Node>,
}

impl Term {
    /// A number that no input had a part in.
    pub(super) const fn number(number: u64) -> Self {
        Self { number, node: None }
    }
}

/// An operation whose flags a condition reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison {
    pub operation: Operation,
    pub bits: u8,
    pub inputs: [Term; 3],
    pub result: Term,
}

/// How a number is made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expression {
    /// An input, and what it was in this run.
    Input(Input, u64),
    Operation {
        operation: Operation,
        bits: u8,
        inputs: [Term; 3],
    },
    Test {
        condition: Condition,
        of: Comparison,
    },
}

/// The expressions of one run.
#[derive(Default)]
pub(super) struct Expressions {
    list: Vec<Expression>,
}

impl Expressions {
    pub(super) fn get(&self, node: Node) -> Expression {
        self.list[node.0 as usize]
    }

    fn push(&mut self, expression: Expression) -> Node {
        self.list.push(expression);
        Node(self.list.len() as u32 - 1)
    }

    /// An input that has this value in this run.
    pub(super) fn input(&mut self, input: Input, number: u64) -> Term {
        let node = Some(self.push(Expression::Input(input, number)));
        Term { number, node }
    }

    /// The result of an operation; sums with numbers are kept as one sum.
    pub(super) fn operation(&mut self, operation: Operation, bits: u8, inputs: [Term; 3]) -> Term {
        let numbers = inputs.map(|input| input.number);
        let Some(number) = evaluate(operation, bits, numbers) else {
            return Term::default();
        };
        if inputs.iter().all(|input| input.node.is_none()) {
            return Term::number(number);
        }
        let node = match self.as_sum(operation, bits, inputs) {
            Some((of, 0)) if bits == 64 => of.node,
            Some((of, plus)) => Some(self.push(Expression::Operation {
                operation: Operation::Add,
                bits,
                inputs: [of, Term::number(plus), Term::default()],
            })),
            None => Some(self.push(Expression::Operation {
                operation,
                bits,
                inputs,
            })),
        };
        Term { number, node }
    }

    /// Takes `x + 1 + 2` for `x + 3`, so that a loop's counter stays one sum.
    fn as_sum(&self, operation: Operation, bits: u8, inputs: [Term; 3]) -> Option<(Term, u64)> {
        let (of, plus) = match (operation, inputs[0].node, inputs[1].node) {
            (Operation::Add, Some(_), None) => (inputs[0], inputs[1].number),
            (Operation::Add, None, Some(_)) => (inputs[1], inputs[0].number),
            (Operation::Subtract, Some(_), None) => (inputs[0], inputs[1].number.wrapping_neg()),
            _ => return None,
        };
        let inner = match self.get(of.node?) {
            Expression::Operation {
                operation: Operation::Add,
                bits: inner,
                inputs: [x, c, _],
            } if inner == bits && c.node.is_none() => Some((x, c.number.wrapping_add(plus))),
            _ => None,
        };
        Some(inner.unwrap_or((of, plus)))
    }

    /// The low bits of a number.
    pub(super) fn truncate(&mut self, of: Term, bits: u16) -> Term {
        if bits >= 64 {
            return of;
        }
        let operation = Operation::ZeroExtend { from: bits as u8 };
        self.operation(operation, 64, [of, Term::default(), Term::default()])
    }

    /// The `bits` from bit `low` on.
    pub(super) fn part(&mut self, of: Term, low: u16, bits: u16) -> Term {
        let shifted = match low {
            0 => of,
            _ => self.operation(
                Operation::ShiftRight,
                64,
                [of, Term::number(low.into()), Term::default()],
            ),
        };
        self.truncate(shifted, bits)
    }

    /// `into` with the `bits` from bit `low` on replaced.
    pub(super) fn insert(&mut self, into: Term, low: u16, bits: u16, value: Term) -> Term {
        let here = mask(bits as u8) << low;
        let two = |a, b| [a, b, Term::default()];
        let rest = self.operation(Operation::And, 64, two(into, Term::number(!here)));
        let value = self.truncate(value, bits);
        let value = self.operation(
            Operation::ShiftLeft,
            64,
            two(value, Term::number(low.into())),
        );
        self.operation(Operation::Or, 64, two(rest, value))
    }

    /// Whether a condition holds after an operation.
    pub(super) fn test(&mut self, condition: Condition, of: Comparison, number: u64) -> Term {
        let node = Some(self.push(Expression::Test { condition, of }));
        Term { number, node }
    }

    /// All expressions that these are made of, each after those that it is
    /// made of; none where they are more than `most`.
    pub(super) fn below(&self, roots: &[Node], most: usize) -> Option<Vec<Node>> {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open: Vec<Node> = roots.to_vec();
        while let Some(node) = open.pop() {
            if !seen.insert(node) {
                continue;
            }
            if seen.len() > most {
                return None;
            }
            open.extend(self.get(node).nodes());
        }
        let mut nodes: Vec<Node> = seen.into_iter().collect();
        nodes.sort_unstable();
        Some(nodes)
    }

    /// What an input was in this run.
    pub(super) fn number_of(&self, input: Input) -> u64 {
        let found = self.list.iter().find_map(|expression| match *expression {
            Expression::Input(which, number) if which == input => Some(number),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// The inputs that have a part in an expression.
    pub(super) fn inputs(&self, node: Node, most: usize) -> Vec<Input> {
        let nodes = self.below(&[node], most).unwrap_or_default();
        let mut inputs: Vec<Input> = nodes
            .into_iter()
            .filter_map(|node| match self.get(node) {
                Expression::Input(input, _) => Some(input),
                _ => None,
            })
            .collect();
        inputs.sort_unstable();
        inputs.dedup();
        inputs
    }
}

impl Expression {
    /// The terms that it is made of.
    fn terms(&self) -> SmallVec<[Term; 4]> {
        match self {
            Self::Input(..) => SmallVec::new(),
            Self::Operation { inputs, .. } => inputs.iter().copied().collect(),
            Self::Test { of, .. } => of.inputs.into_iter().chain([of.result]).collect(),
        }
    }

    /// The expressions that it is made of.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node> {
        self.terms().into_iter().filter_map(|term| term.node)
    }

    /// The same, made of others.
    pub(super) fn of_others(mut self, other: impl Fn(Node) -> Node) -> Self {
        let terms: &mut [Term] = match &mut self {
            Self::Input(..) => &mut [],
            Self::Operation { inputs, .. } => inputs,
            Self::Test { of, .. } => {
                of.result.node = of.result.node.map(&other);
                &mut of.inputs
            }
        };
        for term in terms {
            term.node = term.node.map(&other);
        }
        self
    }

    /// Its value, where `known` says those of what it is made of.
    pub(super) fn value(&self, known: impl Fn(Node) -> u64) -> u64 {
        let number = |term: Term| term.node.map_or(term.number, &known);
        match *self {
            Self::Input(_, number) => number,
            Self::Operation {
                operation,
                bits,
                inputs,
            } => evaluate(operation, bits, inputs.map(number)).unwrap_or_default(),
            Self::Test { condition, of } => {
                let flags = arithmetic::flags(
                    of.operation,
                    of.bits,
                    of.inputs.map(number),
                    number(of.result),
                );
                u64::from(arithmetic::holds(condition, flags.values))
            }
        }
    }
}
