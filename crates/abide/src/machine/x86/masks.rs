//! Moves of AVX-512's mask registers.

use iced_x86::{Mnemonic, OpKind};

use super::emit::Lift;
use super::operands::Destination;
use crate::machine::Rest;
use crate::registers::Part;

impl Lift<'_> {
    pub(super) fn masks(&mut self) -> bool {
        use Mnemonic as M;
        let bits = match self.instruction.mnemonic() {
            M::Kmovb => 8,
            M::Kmovw => 16,
            M::Kmovd => 32,
            M::Kmovq => 64,
            _ => return false,
        };
        let value = self.mask_source(bits);
        match self.destination(0) {
            Destination::Register(part, _) if part.register.is_general() => {
                self.write_general(part.register, bits.max(32), value);
            }
            Destination::Register(part, _) => {
                self.write(Part::low(part.register, bits), value, Rest::Zero);
            }
            memory @ Destination::Memory(_) => self.set(memory, value),
        }
        true
    }

    fn mask_source(&mut self, bits: u16) -> crate::machine::Operand {
        match self.instruction.op_kind(1) {
            OpKind::Register => {
                let register = self.part(1).register;
                self.read(Part::low(register, bits))
            }
            _ => self.source(1),
        }
    }
}
