//! What happens to a run: memory that is missing, calls that leave the image, its end.

use std::ops::Range;
use std::ptr;

use abide::registers::Register;
use oracle::random::Random;
use oracle::trampoline;

use crate::coverage::Note;
use crate::memory::{Answer, Memory};
use crate::outcome::{Breach, Ending, Outcome};
use crate::place::region;
use crate::watch::{Sight, Watch};

/// The signals that a run may end by.
pub(crate) const SIGNALS: [i32; 6] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGTRAP,
    libc::SIGPROF,
];
/// The trap flag: an exception after each instruction.
pub(crate) const TRAP: u64 = 1 << 8;
/// The direction flag.
pub(crate) const DIRECTION: u64 = 1 << 10;
/// A callee writes so much below its return address, in bytes.
const CALLEES_FRAME: u64 = 256;

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
/// `rax`, `rcx`, `rdx`, `rsi`, `rdi`, `r8` … `r11`: what a callee may change.
const VOLATILE: [usize; 9] = [0, 1, 2, 6, 7, 8, 9, 10, 11];
const SP: usize = 4;

/// What the signal handler keeps of a run.
pub(crate) struct Guard<'a> {
    pub(crate) memory: Memory,
    /// Where code may be.
    pub(crate) code: Range<u64>,
    pub(crate) never_return: &'a [u64],
    /// Notes of the steps, one for each byte of code; null where none are taken.
    pub(crate) notes: *mut Note,
    /// What the proof expects of a run that is followed.
    pub(crate) watch: Option<&'a Watch>,
    /// Where it read last in each table of the watch.
    pub(crate) read: &'a mut [u64],
    /// So many instructions are followed one by one.
    pub(crate) most_steps: u64,
    /// The run's outcome.
    pub(crate) outcome: Outcome,
    /// The general registers at the entry.
    pub(crate) before: [u64; 16],
    pub(crate) random: Random,
    pub(crate) previous: u64,
    pub(crate) steps: u64,
}

/// The guard of the run that goes on in this process, or null.
pub(crate) static mut CURRENT: *mut Guard<'static> = ptr::null_mut();

/// The handler of all [`SIGNALS`].
pub(crate) extern "C" fn on_signal(
    signal: i32,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the system passes both; the guard outlives its runs, and the code
    // that is interrupted does not use it.
    unsafe {
        let (info, context) = (&*info, &mut *context.cast::<libc::ucontext_t>());
        if let Some(guard) = CURRENT.as_mut() {
            guard.answer(signal, info, &mut Stopped(context));
        }
    }
}

/// The interrupted code's registers.
struct Stopped<'a>(&'a mut libc::ucontext_t);

impl Stopped<'_> {
    fn get(&self, register: i32) -> u64 {
        self.0.uc_mcontext.gregs[register as usize] as u64
    }

    fn set(&mut self, register: i32, value: u64) {
        self.0.uc_mcontext.gregs[register as usize] = value as i64;
    }

    fn clear_flags(&mut self, flags: u64) {
        self.set(libc::REG_EFL, self.get(libc::REG_EFL) & !flags);
    }

    /// Fills the vector registers, none of which a callee preserves.
    fn poison_vectors(&mut self, random: &mut Random) {
        // SAFETY: on x86-64 the system saves the vector registers with every signal.
        if let Some(vectors) = unsafe { self.0.uc_mcontext.fpregs.as_mut() } {
            for element in vectors._xmm.iter_mut().flat_map(|xmm| &mut xmm.element) {
                *element = random.bits() as u32;
            }
        }
    }
}

impl Guard<'_> {
    fn answer(&mut self, signal: i32, info: &libc::siginfo_t, stopped: &mut Stopped<'_>) {
        let at = stopped.get(libc::REG_RIP);
        // SAFETY: the union's field is set for faults, and only read for them.
        let address = unsafe { info.si_addr() } as u64;
        match signal {
            libc::SIGTRAP if info.si_code == libc::TRAP_TRACE => self.step(at, stopped),
            // A timer may ring in the host, which goes on, and is rung again.
            libc::SIGPROF if !self.code.contains(&at) => {}
            libc::SIGPROF => self.end(Ending::TimeOut, stopped),
            libc::SIGSEGV if address == at => self.call(at, stopped),
            // What has no address is no missing page: a misaligned or impossible address.
            libc::SIGSEGV if info.si_code == libc::SI_KERNEL => {
                self.end(Ending::Unmappable, stopped);
            }
            libc::SIGSEGV => self.touch(address, stopped),
            _ => self.end(Ending::Signal(signal), stopped),
        }
    }

    fn touch(&mut self, address: u64, stopped: &mut Stopped<'_>) {
        match self.memory.touch(address) {
            Answer::Mapped => {}
            Answer::Exhausted => self.end(Ending::OutOfMemory, stopped),
            Answer::Refused => {
                self.outcome.address = Some(address);
                self.end(Ending::Unmappable, stopped);
            }
            Answer::SteppedOver => self.stop(Breach::Unprobed, stopped),
        }
    }

    /// Answers as a function does that keeps its convention and no more.
    fn call(&mut self, at: u64, stopped: &mut Stopped<'_>) {
        let stack_pointer = stopped.get(libc::REG_RSP);
        let Some(back) = self.returns_to(stack_pointer) else {
            return self.stop(Breach::LeftCode, stopped);
        };
        let is_tail = back == trampoline::next() && stack_pointer == self.before[SP];
        if !(self.code.contains(&back) || is_tail) {
            return self.stop(Breach::LeftCode, stopped);
        }
        if stack_pointer % 16 != 8 {
            return self.stop(Breach::MisalignedCall((stack_pointer % 16) as u8), stopped);
        }
        if stopped.get(libc::REG_EFL) & DIRECTION != 0 {
            return self.stop(Breach::DirectionAtCall, stopped);
        }
        if self.never_return.contains(&at) {
            return self.end(Ending::NeverReturns, stopped);
        }
        self.poison(stack_pointer, stopped);
        stopped.set(libc::REG_RSP, stack_pointer + 8);
        stopped.set(libc::REG_RIP, back);
    }

    fn returns_to(&self, stack_pointer: u64) -> Option<u64> {
        let is_open = self.memory.is_open_stack(stack_pointer, 8);
        // SAFETY: the stack is open there.
        is_open.then(|| unsafe { (stack_pointer as *const u64).read_unaligned() })
    }

    fn poison(&mut self, stack_pointer: u64, stopped: &mut Stopped<'_>) {
        for register in VOLATILE {
            stopped.set(GENERAL[register], self.random.bits());
        }
        let result = match self.random.below(3) {
            0 => self.random.below(2),
            1 => region(32 + self.random.below(8)),
            _ => self.random.word(),
        };
        stopped.set(libc::REG_RAX, result);
        stopped.poison_vectors(&mut self.random);
        let frame = stack_pointer - CALLEES_FRAME;
        if self.memory.is_open_stack(frame, CALLEES_FRAME) {
            for word in (frame..stack_pointer).step_by(8) {
                // SAFETY: the stack is open there, and belongs to the callee.
                unsafe { (word as *mut u64).write_unaligned(self.random.bits()) };
            }
        }
    }

    /// Notes where an instruction has led.
    fn step(&mut self, at: u64, stopped: &mut Stopped<'_>) {
        if self.code.contains(&self.previous) && !self.notes.is_null() {
            let offset = (self.previous - self.code.start) as usize;
            // SAFETY: there is a note for each byte of code.
            unsafe { (*self.notes.add(offset)).add(self.previous, at) };
        }
        let from = std::mem::replace(&mut self.previous, at);
        self.steps += 1;
        if at == trampoline::next() {
            return stopped.clear_flags(TRAP);
        }
        if self.steps > self.most_steps && self.code.contains(&at) {
            return self.end(Ending::TimeOut, stopped);
        }
        match self.look(at, stopped) {
            Sight::Expected => {}
            Sight::Strayed => {
                self.outcome.breach = Some(Breach::Strayed);
                self.end(Ending::Stopped, stopped);
                // The instruction that led here tells why.
                self.outcome.at = from;
            }
            Sight::Broke(broken) => {
                self.outcome.broken = Some(broken);
                self.end(Ending::Departed, stopped);
            }
        }
    }

    /// Holds the next instruction against the proof.
    fn look(&mut self, at: u64, stopped: &Stopped<'_>) -> Sight {
        let Some(watch) = self.watch else {
            return Sight::Expected;
        };
        let general = GENERAL.map(|register| stopped.get(register));
        let memory = &self.memory;
        let peek = |word: u64| {
            let is_open = memory.is_open_stack(word, 8);
            // SAFETY: the stack is open there.
            is_open.then(|| unsafe { (word as *const u64).read_unaligned() })
        };
        watch.look(at, &general, &self.before, self.read, peek)
    }

    fn stop(&mut self, breach: Breach, stopped: &mut Stopped<'_>) {
        self.outcome.breach = Some(breach);
        self.end(Ending::Stopped, stopped);
    }

    fn end(&mut self, ending: Ending, stopped: &mut Stopped<'_>) {
        self.outcome.ending = ending;
        self.outcome.at = stopped.get(libc::REG_RIP);
        self.outcome.general = GENERAL.map(|register| stopped.get(register));
        stopped.clear_flags(TRAP | DIRECTION);
        trampoline::leave(stopped.0, 0);
    }

    /// Judges a run that returned.
    pub(crate) fn judge(&mut self, before: &[u64; 16], after: &[u64; 16], flags: u64) {
        self.outcome.ending = Ending::Returned;
        self.outcome.general = *after;
        let distance = after[SP].wrapping_sub(before[SP] + 8) as i64;
        let preserved = [3_u8, 5, 12, 13, 14, 15];
        let clobbered = preserved
            .into_iter()
            .find(|&register| after[usize::from(register)] != before[usize::from(register)]);
        self.outcome.breach = if distance != 0 {
            Some(Breach::StackPointer(distance))
        } else if let Some(register) = clobbered {
            Some(Breach::Clobbered(Register(register)))
        } else if flags & DIRECTION != 0 {
            Some(Breach::Direction)
        } else {
            None
        };
        self.outcome.callers_frame = self.memory.callers_frame_changed(before[SP]);
    }
}
