//! Instructions whose business is a flag.

use iced_x86::Mnemonic;

use super::emit::Lift;
use crate::machine::{Condition, Effect, Rest};
use crate::registers::{Flags, Part, Register};

const AH: Part = Part {
    register: Register::RAX,
    low: 8,
    bits: 8,
};

impl Lift<'_> {
    pub(super) fn flag_instructions(&mut self) -> bool {
        use Mnemonic as M;
        match self.instruction.mnemonic() {
            M::Clc => self.write_flags(Flags::CF, Flags::NONE),
            M::Stc => self.write_flags(Flags::CF, Flags::CF),
            M::Cld => self.write_flags(Flags::DF, Flags::NONE),
            M::Std => self.write_flags(Flags::DF, Flags::DF),
            M::Cli => self.write_flags(Flags::IF, Flags::NONE),
            M::Sti => self.write_flags(Flags::IF, Flags::IF),
            M::Clac => self.write_flags(Flags::AC, Flags::NONE),
            M::Stac => self.write_flags(Flags::AC, Flags::AC),
            M::Cmc => {
                let carry = self.test(Condition::AboveOrEqual);
                self.flag_from(Flags::CF, carry);
            }
            M::Lahf => {
                let word = self.flags_word();
                self.write(AH, word, Rest::Keep);
            }
            M::Sahf => self.sahf(),
            _ => return false,
        }
        true
    }

    fn sahf(&mut self) {
        let value = self.read(AH);
        let set = Flags::ARITHMETIC & !Flags::OF;
        self.push(Effect::LoadFlags { set, value });
    }
}
