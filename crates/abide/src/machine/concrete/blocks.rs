//! String instructions, element by element.

use super::{Access, End, Machine, Undetermined, Value};
use crate::machine::arithmetic::mask;
use crate::machine::{Block, BlockOperation, Operation};
use crate::registers::{Flags, Part, Register};

/// More elements than this are not worth running.
const MOST: u64 = 1 << 16;

impl Machine<'_> {
    pub(super) fn block(&mut self, block: Block) -> Result<(), End> {
        let unknown = End::Undetermined(Undetermined::Block);
        let Some(backwards) = self.flag(Flags::DF) else {
            return Err(unknown);
        };
        let bytes = u64::from(block.bits / 8);
        let step = if backwards {
            bytes.wrapping_neg()
        } else {
            bytes
        };
        let Some(wanted) = block.repeat else {
            return self.element(block, step);
        };
        let compares = matches!(
            block.operation,
            BlockOperation::Compare | BlockOperation::Scan
        );
        let mut left = self.get(Register::RCX).ok_or(unknown)? & mask(block.address);
        if left > MOST {
            return Err(End::Undetermined(Undetermined::Length));
        }
        while left != 0 {
            self.element(block, step)?;
            left -= 1;
            self.set(Register::RCX, left);
            if compares
                && self
                    .flag(Flags::ZF)
                    .ok_or(End::Undetermined(Undetermined::Block))?
                    != wanted
            {
                break;
            }
        }
        Ok(())
    }

    fn element(&mut self, block: Block, step: u64) -> Result<(), End> {
        let bits = u16::from(block.bits);
        let rax = Part::low(Register::RAX, bits);
        match block.operation {
            BlockOperation::Move => {
                let value = self.take(Register::RSI, block, step)?;
                self.put(Register::RDI, block, step, value)
            }
            BlockOperation::Store => {
                let value = self.value(rax.register).truncated(bits);
                self.put(Register::RDI, block, step, value)
            }
            BlockOperation::Load => {
                let value = self.take(Register::RSI, block, step)?;
                let rax = &mut self.registers[Register::RAX.index()];
                rax.insert(0, bits, value, bits == 32);
                Ok(())
            }
            BlockOperation::Compare => {
                let a = self.take(Register::RSI, block, step)?;
                let b = self.take(Register::RDI, block, step)?;
                self.compare(block.bits, a, b);
                Ok(())
            }
            BlockOperation::Scan => {
                let a = self.value(rax.register).truncated(bits);
                let b = self.take(Register::RDI, block, step)?;
                self.compare(block.bits, a, b);
                Ok(())
            }
            BlockOperation::Input => self.put(Register::RDI, block, step, Value::open(bits)),
            BlockOperation::Output => self.take(Register::RSI, block, step).map(|_| ()),
        }
    }

    fn compare(&mut self, bits: u8, a: Value, b: Value) {
        let result = Value::number(a.words[0].wrapping_sub(b.words[0]));
        let inputs = [a, b, Value::default()];
        let set = Flags::ARITHMETIC;
        self.flags
            .set(set, Operation::Subtract, bits, inputs, result, None);
    }

    fn take(&mut self, pointer: Register, block: Block, step: u64) -> Result<Value, End> {
        let at = self.advance(pointer, block, step, false)?;
        Ok(self.memory.read(at, u16::from(block.bits / 8)))
    }

    fn put(&mut self, pointer: Register, block: Block, step: u64, value: Value) -> Result<(), End> {
        let at = self.advance(pointer, block, step, true)?;
        self.memory.write(at, u16::from(block.bits / 8), value);
        Ok(())
    }

    /// Steps a pointer, notes the access and returns its address.
    fn advance(
        &mut self,
        pointer: Register,
        block: Block,
        step: u64,
        is_store: bool,
    ) -> Result<u64, End> {
        let address = self
            .get(pointer)
            .ok_or(End::Undetermined(Undetermined::Address))?;
        let address = address & mask(block.address);
        self.set(pointer, address.wrapping_add(step) & mask(block.address));
        self.note(Access {
            address,
            bytes: u64::from(block.bits / 8),
            is_store,
        });
        Ok(address)
    }

    /// Notes an access; one beside an earlier one of its kind extends it.
    fn note(&mut self, access: Access) {
        let end = access.address.wrapping_add(access.bytes);
        let same = self
            .accesses
            .iter_mut()
            .rev()
            .take(2)
            .find(|earlier| earlier.is_store == access.is_store);
        match same {
            Some(earlier) if earlier.address.wrapping_add(earlier.bytes) == access.address => {
                earlier.bytes += access.bytes;
            }
            Some(earlier) if end == earlier.address => {
                earlier.address = access.address;
                earlier.bytes += access.bytes;
            }
            _ => self.accesses.push(access),
        }
    }
}
