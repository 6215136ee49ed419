//! String instructions: `rep movs` and its like.

use super::{At, Evaluator};
use crate::interpret::events::Use;
use crate::interpret::frame::Reach;
use crate::interpret::state::{FlagSource, State};
use crate::interpret::terms::Value;
use crate::machine::{Block, BlockOperation};
use crate::registers::{Flags, Register};

impl Evaluator<'_> {
    pub(super) fn block(&mut self, state: &mut State, at: At, block: Block) {
        let (from, to) = (state.register(Register::RSI), state.register(Register::RDI));
        let count = match block.repeat {
            None => Value::constant(1),
            Some(_) => state.register(Register::RCX),
        };
        let (reads, writes) = block_accesses(block.operation);
        for (used, address) in [(reads, from), (writes.is_some(), to)] {
            if used {
                self.check_defined(at, address, Use::Address);
            }
        }
        self.check_defined(at, count, Use::Address);
        // What is copied or loaded of the frame is not followed, nor is what is stored there.
        if matches!(block.operation, BlockOperation::Move | BlockOperation::Load)
            && self.terms.has_frame(from)
        {
            state.escaped |= state.addresses != Reach::NOWHERE;
        }
        if block.operation == BlockOperation::Store {
            self.escape(state, state.register(Register::RAX));
        }
        if writes == Some(true) {
            self.block_store(state, at, to, count, block);
        }
        let steps = match block.operation {
            // They stop when the comparison says so.
            BlockOperation::Compare | BlockOperation::Scan if block.repeat.is_some() => None,
            _ => Some(count),
        };
        for (used, register, address) in [
            (reads, Register::RSI, from),
            (writes.is_some(), Register::RDI, to),
        ] {
            if used {
                let moved = self.stepped(state, at, register, address, steps, block.bits);
                state.registers[register.index()] = moved;
            }
        }
        if block.repeat.is_some() {
            let left = match steps {
                Some(_) => Value::constant(0),
                None => {
                    let word = self.terms.word_bits();
                    self.site(state, at, Register::RCX.0, word)
                }
            };
            state.registers[Register::RCX.index()] = left;
        }
        if block.operation == BlockOperation::Load {
            let word = self.terms.word_bits();
            let value = self.site(state, at, Register::RAX.0, word);
            state.registers[Register::RAX.index()] = value;
        }
        if matches!(
            block.operation,
            BlockOperation::Compare | BlockOperation::Scan
        ) {
            self.set_source(state, Flags::ARITHMETIC, FlagSource::Open(None));
        }
    }

    fn stepped(
        &mut self,
        state: &mut State,
        at: At,
        register: Register,
        address: Value,
        steps: Option<Value>,
        bits: u8,
    ) -> Value {
        let size = i64::from(bits / 8);
        let word = self.terms.word_bits();
        let scale = match state.direction {
            Some(false) => Some(size),
            Some(true) => Some(-size),
            None => None,
        };
        match (steps, scale) {
            (Some(steps), Some(scale)) => {
                let moved = self.terms.combine(address, scale, steps);
                match moved {
                    Value::ANYTHING => self.site(state, at, register.0, word),
                    moved => state.truncate(&mut self.terms, moved, word),
                }
            }
            _ => self.site(state, at, register.0, word),
        }
    }

    fn block_store(&mut self, state: &mut State, at: At, to: Value, count: Value, block: Block) {
        let size = u16::from(block.bits / 8);
        let total = count
            .as_constant()
            .and_then(|count| count.checked_mul(u64::from(size)))
            .and_then(|total| u16::try_from(total).ok());
        let (coefficient, touched) = self.terms.frame_part(to);
        if coefficient == 0 && !touched {
            let value = match block.operation {
                BlockOperation::Store => state.register(Register::RAX),
                _ => Value::ANYTHING,
            };
            return self.store(state, at, to, value, block.bits.into(), 1);
        }
        match (total, state.direction) {
            (Some(0), _) => {}
            (Some(total), Some(false)) if coefficient == 1 && !touched => {
                self.store_frame(state, at, to, Value::ANYTHING, total, 1);
            }
            (Some(total), Some(true)) if coefficient == 1 && !touched => {
                let low = to.plus(i64::from(size) - i64::from(total));
                self.store_frame(state, at, low, Value::ANYTHING, total, 1);
            }
            _ => {
                self.assume_in_bounds(at);
                self.passed_guard |= self.guard.is_some();
                state.forget_data(&mut self.terms);
            }
        }
    }
}

/// Whether an operation reads at rsi, and whether it writes at rdi or only reads there.
fn block_accesses(operation: BlockOperation) -> (bool, Option<bool>) {
    match operation {
        BlockOperation::Move => (true, Some(true)),
        BlockOperation::Store | BlockOperation::Input => (false, Some(true)),
        BlockOperation::Load | BlockOperation::Output => (true, None),
        BlockOperation::Compare => (true, Some(false)),
        BlockOperation::Scan => (false, Some(false)),
    }
}
