//! Instruction sets: an instruction becomes [`Effect`]s, neutral of the instruction set.
//!
//! One semantics serves every use: the abstract evaluator (`interpret`) and the
//! concrete one (`concrete`) run the same effects.

pub mod arithmetic;
pub mod concrete;
pub mod effect;
pub mod vectors;
pub mod x86;

pub use effect::{
    Block, BlockOperation, Condition, Effect, Effects, Flow, GsBase, Operand, Operation, Reference,
    Rest, Target, Temp,
};
