//! String instructions, their repetition included.

use iced_x86::{Code, Mnemonic, OpKind};

use super::emit::Lift;
use super::parts::segment;
use crate::machine::{Block, BlockOperation, Effect, Flow};

impl Lift<'_> {
    pub(super) fn strings(&mut self) -> Option<Flow> {
        let operation = self.block_operation()?;
        if self.has_odd_address() {
            return Some(Flow::Unknown(
                "a string instruction of narrow addresses or segments",
            ));
        }
        let bits = self.memory_width() as u8;
        let address = self.word as u8;
        let repeat = self.repeat(operation);
        self.push(Effect::Block(Block {
            operation,
            bits,
            address,
            repeat,
        }));
        Some(Flow::Next)
    }

    fn block_operation(&self) -> Option<BlockOperation> {
        use Mnemonic as M;
        Some(match self.instruction.mnemonic() {
            M::Movsb | M::Movsw | M::Movsq => BlockOperation::Move,
            M::Stosb | M::Stosw | M::Stosd | M::Stosq => BlockOperation::Store,
            M::Lodsb | M::Lodsw | M::Lodsd | M::Lodsq => BlockOperation::Load,
            M::Cmpsb | M::Cmpsw | M::Cmpsq => BlockOperation::Compare,
            M::Scasb | M::Scasw | M::Scasd | M::Scasq => BlockOperation::Scan,
            M::Insb | M::Insw | M::Insd => BlockOperation::Input,
            M::Outsb | M::Outsw | M::Outsd => BlockOperation::Output,
            // SSE2 has instructions of the same names.
            M::Movsd if self.instruction.code() == Code::Movsd_m32_m32 => BlockOperation::Move,
            M::Cmpsd if self.instruction.code() == Code::Cmpsd_m32_m32 => BlockOperation::Compare,
            _ => return None,
        })
    }

    /// Whether it steps narrower registers than addresses are, or reads through `fs` or `gs`.
    fn has_odd_address(&self) -> bool {
        let is_narrow = self.instruction.op_kinds().any(|kind| match kind {
            OpKind::MemorySegESI | OpKind::MemoryESEDI => self.word > 32,
            OpKind::MemorySegSI | OpKind::MemoryESDI => true,
            _ => false,
        });
        // What is written through `rdi` is never in another segment.
        let reads = |kind| matches!(kind, OpKind::MemorySegRSI | OpKind::MemorySegESI);
        let has_source = self.instruction.op_kinds().any(reads);
        is_narrow || has_source && segment(self.instruction.segment_prefix()).is_some()
    }

    /// `repne` tells apart only where elements are compared.
    fn repeat(&self, operation: BlockOperation) -> Option<bool> {
        let compares = matches!(operation, BlockOperation::Compare | BlockOperation::Scan);
        if self.instruction.has_repne_prefix() {
            return Some(!compares);
        }
        self.instruction.has_rep_prefix().then_some(true)
    }
}
