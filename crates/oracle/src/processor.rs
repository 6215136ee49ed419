//! Runs one instruction after another in a child process.
//!
//! The child maps the code and the scratch memory at fixed addresses, with
//! nothing around them, and catches the exceptions that an instruction may
//! raise. What no handler can mend ends the child alone.

use std::arch::asm;
use std::ptr;

use abide::registers::InstructionSet;

use crate::guard::{self, map};
use crate::narrow;
use crate::shared::Shared;
use crate::state::{CODE, CODE_SIZE, LANDING, SCRATCH, SCRATCH_SIZE, START, State};
use crate::trampoline;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The child died before or in it.
    Died,
    /// Control came to the next instruction.
    Next,
    /// Control came to where branches are aimed.
    Landing,
    /// The processor raised an exception; the system's signal tells which.
    Signal(i32),
}

/// One run: what goes in, and what comes out.
#[repr(C)]
#[derive(Clone)]
pub struct Case {
    /// The state before.
    pub before: State,
    /// The state after.
    pub after: State,
    /// The scratch memory, before and then after.
    pub memory: [u8; SCRATCH_SIZE],
}

impl Case {
    /// How the run ended.
    #[must_use]
    pub fn ending(&self) -> Ending {
        match self.after.ending {
            0 => Ending::Died,
            1 => Ending::Next,
            2 => Ending::Landing,
            vector @ EXCEPTION.. => Ending::Signal(signal_of(vector - EXCEPTION)),
            signal => Ending::Signal((signal - SIGNALS) as i32),
        }
    }
}

/// What is added to a signal's number in [`State::ending`].
const SIGNALS: u64 = 16;
/// What a guest adds to an exception's number there.
const EXCEPTION: u64 = 64;
/// What a guest has in CR0 (PG, NE, ET, MP, PE) and CR4 (OSXSAVE, FSGSBASE, OSXMMEXCPT, OSFXSR, PAE).
pub(crate) const CONTROL_0: u64 = 0x8000_0033;
pub(crate) const CONTROL_4: u64 = 0x0005_0620;
/// A run that goes on for longer than this, in seconds, is ended.
const PATIENCE: u32 = 5;
/// The signals of what an instruction may raise.
const EXCEPTIONS: [i32; 5] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGTRAP,
];

/// The state components that the system has enabled (XCR0).
#[must_use]
pub fn enabled_components() -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: `xgetbv` of register 0 is allowed in programs on every processor
    // with `xsave`, which 64-bit Linux enables where there is AVX.
    unsafe {
        asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") high, options(nomem, nostack));
    }
    u64::from(high) << 32 | u64::from(low)
}

/// The code of a run: the instruction, and jumps to where it may lead.
#[must_use]
pub fn code(instruction: &[u8], set: InstructionSet) -> [u8; CODE_SIZE] {
    let (next, landing) = (trampoline::next(), trampoline::landing());
    match set {
        InstructionSet::X86_64 => code_to(instruction, next, landing),
        InstructionSet::X86 => narrow::code(instruction, next, landing),
    }
}

/// The same, with the two addresses that control goes on at.
pub(crate) fn code_to(instruction: &[u8], next: u64, landing: u64) -> [u8; CODE_SIZE] {
    let mut code = [0xcc; CODE_SIZE];
    let start = START as usize;
    let end = start + instruction.len();
    code[start..end].copy_from_slice(instruction);
    put_jump(&mut code[end..], next);
    put_jump(&mut code[LANDING as usize..], landing);
    code
}

/// `jmp [rip]`, and the address behind it.
pub(crate) fn put_jump(code: &mut [u8], to: u64) {
    code[..6].copy_from_slice(&[0xff, 0x25, 0, 0, 0, 0]);
    code[6..14].copy_from_slice(&to.to_le_bytes());
}

/// The signal that a system makes of an exception.
const fn signal_of(vector: u64) -> i32 {
    match vector {
        0 | 16 | 19 => libc::SIGFPE,
        1 | 3 => libc::SIGTRAP,
        6 => libc::SIGILL,
        _ => libc::SIGSEGV,
    }
}

/// Cases in memory that a child shares.
pub struct Cases(Shared<Case>);

impl Cases {
    /// Room for `count` cases, all zero; `None` if the system has no memory.
    #[must_use]
    pub fn new(count: usize) -> Option<Self> {
        // SAFETY: a case is numbers only, for which zero will do.
        unsafe { Shared::zeroed(count) }.map(Self)
    }

    /// The cases.
    pub fn get(&mut self) -> &mut [Case] {
        self.0.get()
    }

    /// Runs the first `count` cases with this code, in a child.
    pub fn run(
        &mut self,
        count: usize,
        code: &[u8; CODE_SIZE],
        set: InstructionSet,
        components: u64,
    ) {
        let cases = &mut self.get()[..count];
        for case in cases.iter_mut() {
            case.after.ending = 0;
        }
        // SAFETY: `work` makes system calls and touches plain memory, no more.
        unsafe { guard::in_child(|| work(cases, code, set, components).is_some()) };
    }
}

/// What the child does.
fn work(
    cases: &mut [Case],
    code: &[u8; CODE_SIZE],
    set: InstructionSet,
    components: u64,
) -> Option<()> {
    let fixed = libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE;
    let read_write = libc::PROT_READ | libc::PROT_WRITE;
    let page = map(CODE, 4096, read_write | libc::PROT_EXEC, fixed)?;
    let scratch = map(SCRATCH, SCRATCH_SIZE, read_write, fixed)?;
    // SAFETY: both mappings are as large as what is copied.
    unsafe {
        ptr::copy_nonoverlapping(code.as_ptr(), page.cast(), CODE_SIZE);
        guard::catch(on_signal, &EXCEPTIONS)?;
        libc::alarm(PATIENCE);
        for case in cases {
            ptr::copy_nonoverlapping(case.memory.as_ptr(), scratch.cast(), SCRATCH_SIZE);
            let entry = match set {
                InstructionSet::X86_64 => CODE + START,
                InstructionSet::X86 => {
                    narrow::settle();
                    CODE + narrow::ENTRY
                }
            };
            trampoline::run(entry, &case.before, &mut case.after, components);
            ptr::copy_nonoverlapping(scratch.cast(), case.memory.as_mut_ptr(), SCRATCH_SIZE);
        }
    }
    Some(())
}

/// Notes the signal and leaves the run with the registers as they are.
extern "C" fn on_signal(signal: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the system passes the context of the interrupted code.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    trampoline::leave(context, SIGNALS + signal as u64);
}
