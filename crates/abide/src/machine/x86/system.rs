//! Instructions that ask the machine, and those that do nothing to registers.

use iced_x86::Mnemonic;

use super::emit::Lift;
use crate::machine::Rest;
use crate::registers::{Flags, Part, Register};

impl Lift<'_> {
    pub(super) fn system(&mut self) -> bool {
        use Mnemonic as M;
        use Register as R;
        match self.instruction.mnemonic() {
            M::Nop | M::Endbr64 | M::Endbr32 | M::Pause | M::Fnop | M::Wait => {}
            M::Reservednop => {}
            M::Lfence | M::Mfence | M::Sfence | M::Serialize => {}
            M::Prefetcht0 | M::Prefetcht1 | M::Prefetcht2 | M::Prefetchnta => {}
            M::Prefetchw | M::Prefetch | M::Prefetchwt1 => {}
            M::Prefetchit0 | M::Prefetchit1 => {}
            M::Cpuid => self.ask(&[R::RAX, R::RCX], &[R::RAX, R::RBX, R::RCX, R::RDX]),
            M::Rdtsc => self.ask(&[], &[R::RAX, R::RDX]),
            M::Rdtscp => self.ask(&[], &[R::RAX, R::RCX, R::RDX]),
            M::Xgetbv | M::Rdpmc | M::Rdmsr => self.ask(&[R::RCX], &[R::RAX, R::RDX]),
            M::Rdrand | M::Rdseed => self.random(),
            M::In => self.input(),
            M::Out => self.output(),
            M::Ldmxcsr | M::Vldmxcsr => self.load_control(),
            M::Stmxcsr | M::Vstmxcsr => self.store_control(),
            _ => return false,
        }
        true
    }

    /// Results of 32 bits that only the machine knows.
    fn ask(&mut self, from: &[Register], to: &[Register]) {
        for &register in from {
            self.read(Part::low(register, 32));
        }
        for &register in to {
            let value = self.open(32, false);
            self.write_general(register, 32, value);
        }
    }

    fn random(&mut self) {
        let value = self.open(self.width(0), false);
        let to = self.destination(0);
        self.set(to, value);
        self.open_flags(Flags::CF);
        self.write_flags(Flags::ARITHMETIC & !Flags::CF, Flags::NONE);
    }

    fn input(&mut self) {
        if self.is_register(1) {
            self.source(1);
        }
        let value = self.open(self.width(0), false);
        let to = self.destination(0);
        self.set(to, value);
    }

    fn output(&mut self) {
        if self.is_register(0) {
            self.source(0);
        }
        self.source(1);
    }

    fn load_control(&mut self) {
        let value = self.source(0);
        self.write(Part::low(Register::MXCSR, 32), value, Rest::Keep);
    }

    fn store_control(&mut self) {
        let value = self.read(Part::low(Register::MXCSR, 32));
        let to = self.destination(0);
        self.set(to, value);
    }
}
