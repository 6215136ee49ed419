//! The registers of code that a signal has interrupted.

use abide::conventions::Convention;
use abide::registers::Register;
use oracle::random::Random;
use oracle::trampoline;

/// The trap flag: an exception after each instruction.
pub(crate) const TRAP: u64 = 1 << 8;
/// The direction flag.
pub(crate) const DIRECTION: u64 = 1 << 10;

/// The context's numbers of `rax` … `r15`.
const GENERAL: [i32; 16] = [
    libc::REG_RAX,
    libc::REG_RCX,
    libc::REG_RDX,
    libc::REG_RBX,
    libc::REG_RSP,
    libc::REG_RBP,
    libc::REG_RSI,
    libc::REG_RDI,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_R10,
    libc::REG_R11,
    libc::REG_R12,
    libc::REG_R13,
    libc::REG_R14,
    libc::REG_R15,
];

/// The interrupted code's registers.
pub(crate) struct Stopped<'a>(pub(crate) &'a mut libc::ucontext_t);

impl Stopped<'_> {
    /// Where the code goes on.
    pub(crate) fn at(&self) -> u64 {
        self.get(libc::REG_RIP)
    }

    pub(crate) fn stack_pointer(&self) -> u64 {
        self.get(libc::REG_RSP)
    }

    pub(crate) fn general(&self) -> [u64; 16] {
        GENERAL.map(|register| self.get(register))
    }

    pub(crate) fn register(&self, register: Register) -> u64 {
        self.get(GENERAL[register.index()])
    }

    pub(crate) fn set_register(&mut self, register: Register, value: u64) {
        self.set(GENERAL[register.index()], value);
    }

    /// Goes on elsewhere, with another SP.
    pub(crate) fn go(&mut self, to: u64, stack_pointer: u64) {
        self.set(libc::REG_RSP, stack_pointer);
        self.set(libc::REG_RIP, to);
    }

    pub(crate) fn has_flag(&self, flag: u64) -> bool {
        self.get(libc::REG_EFL) & flag != 0
    }

    pub(crate) fn clear_flags(&mut self, flags: u64) {
        self.set(libc::REG_EFL, self.get(libc::REG_EFL) & !flags);
    }

    /// Fills the vector registers that a callee does not preserve.
    pub(crate) fn poison_vectors(&mut self, random: &mut Random, convention: &Convention) {
        // SAFETY: on x86-64 the system saves the vector registers with every signal.
        if let Some(vectors) = unsafe { self.0.uc_mcontext.fpregs.as_mut() } {
            let registers = (0..).map(Register::vector).zip(&mut vectors._xmm);
            let changed =
                registers.filter(|(register, _)| !convention.preserved.contains(*register));
            for element in changed.flat_map(|(_, xmm)| &mut xmm.element) {
                *element = random.bits() as u32;
            }
        }
    }

    /// Ends the run where it is.
    pub(crate) fn leave(&mut self) {
        self.clear_flags(TRAP | DIRECTION);
        trampoline::leave(self.0, 0);
    }

    fn get(&self, register: i32) -> u64 {
        self.0.uc_mcontext.gregs[register as usize] as u64
    }

    fn set(&mut self, register: i32, value: u64) {
        self.0.uc_mcontext.gregs[register as usize] = value as i64;
    }
}
