//! What happens to a run: memory that is missing, calls that leave the image, its end.

use std::ops::Range;
use std::ptr;

use abide::conventions::{Convention, STACK_PROBE};
use abide::registers::Register;
use oracle::random::Random;
use oracle::state::{Areas, State};
use oracle::trampoline;

use crate::coverage::Note;
use crate::memory::{Answer, Memory};
use crate::outcome::{Breach, Ending, Outcome};
use crate::place::{PAGE, page_of, region};
use crate::watch::{Before, Sight, Watch};

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
pub(crate) const GENERAL: [i32; 16] = [
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
/// RSP's place among the registers.
pub(crate) const SP: usize = 4;
/// Where `xmm0` … `xmm15` stand in what `xsave` writes ("XSAVE-managed state", legacy region).
const XMM: usize = 160;

/// What the signal handler keeps of a run.
pub(crate) struct Guard<'a> {
    pub(crate) memory: Memory,
    /// How the function is called, and how it calls.
    pub(crate) convention: &'static Convention,
    /// Where code may be.
    pub(crate) code: Range<u64>,
    pub(crate) never_return: &'a [u64],
    /// The helpers that touch the stack for large frames.
    pub(crate) probes: &'a [u64],
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
    pub(crate) before: Before,
    pub(crate) random: Random,
    pub(crate) previous: u64,
    pub(crate) steps: u64,
    /// The step leads to a function of which the proof says nothing, if it leads into the code.
    pub(crate) leaves: bool,
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

    /// Fills the vector registers that a callee does not preserve.
    fn poison_vectors(&mut self, random: &mut Random, convention: &Convention) {
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
        let is_tail = back == trampoline::next() && stack_pointer == self.before.stack_pointer;
        if !(self.code.contains(&back) || is_tail) {
            return self.stop(Breach::LeftCode, stopped);
        }
        if self.probes.contains(&at) {
            return self.probe(stack_pointer, back, stopped);
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
        self.poison(stack_pointer, self.convention, stopped);
        let result = match self.random.below(3) {
            0 => self.random.below(2),
            1 => region(32 + self.random.below(8)),
            _ => self.random.word(),
        };
        stopped.set(libc::REG_RAX, result);
        self.give_back(stack_pointer, back, stopped);
    }

    /// Touches each page of the frame that the caller is about to take, of `rax` bytes.
    fn probe(&mut self, stack_pointer: u64, back: u64, stopped: &mut Stopped<'_>) {
        let end = (stack_pointer + 8).saturating_sub(stopped.get(libc::REG_RAX));
        let mut page = page_of(stack_pointer);
        while page > page_of(end) {
            page -= PAGE;
            if !self.memory.is_open_stack(page, 8) && self.memory.touch(page) != Answer::Mapped {
                return self.end(Ending::OutOfMemory, stopped);
            }
        }
        self.poison(stack_pointer, &STACK_PROBE, stopped);
        self.give_back(stack_pointer, back, stopped);
    }

    fn give_back(&self, stack_pointer: u64, back: u64, stopped: &mut Stopped<'_>) {
        stopped.set(libc::REG_RSP, stack_pointer + 8);
        stopped.set(libc::REG_RIP, back);
    }

    fn returns_to(&self, stack_pointer: u64) -> Option<u64> {
        let is_open = self.memory.is_open_stack(stack_pointer, 8);
        // SAFETY: the stack is open there.
        is_open.then(|| unsafe { (stack_pointer as *const u64).read_unaligned() })
    }

    /// Fills all that a callee of this convention may change.
    fn poison(&mut self, stack_pointer: u64, callee: &Convention, stopped: &mut Stopped<'_>) {
        for (register, number) in (0..16).map(Register).zip(GENERAL) {
            if register != Register::RSP && !callee.preserved.contains(register) {
                stopped.set(number, self.random.bits());
            }
        }
        stopped.poison_vectors(&mut self.random, callee);
        self.overwrite(stack_pointer - CALLEES_FRAME, CALLEES_FRAME);
        self.overwrite(stack_pointer + 8, callee.home_space.into());
    }

    /// Fills what of the stack is a callee's.
    fn overwrite(&mut self, start: u64, bytes: u64) {
        if self.memory.is_open_stack(start, bytes) {
            for word in (start..start + bytes).step_by(8) {
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
        if std::mem::take(&mut self.leaves) && self.code.contains(&at) {
            self.watch = None;
            self.outcome.left = true;
        }
        if at == trampoline::next() {
            return stopped.clear_flags(TRAP);
        }
        if self.steps > self.most_steps && self.code.contains(&at) {
            return self.end(Ending::TimeOut, stopped);
        }
        match self.look(from, at, stopped) {
            Sight::Expected => {}
            Sight::Left => self.leaves = true,
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
    fn look(&mut self, from: u64, at: u64, stopped: &Stopped<'_>) -> Sight {
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
        watch.look(from, at, &general, &self.before, self.read, peek)
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
    pub(crate) fn judge(&mut self, before: &State, after: &State, areas: Areas) {
        self.outcome.ending = Ending::Returned;
        self.outcome.general = after.general;
        let distance = after.general[SP].wrapping_sub(before.general[SP] + 8) as i64;
        let preserved = self.convention.preserved.iter();
        let clobbered = preserved
            .filter(|&register| register != Register::RSP)
            .find(|&register| held(before, register) != held(after, register));
        self.outcome.breach = if distance != 0 {
            Some(Breach::StackPointer(distance))
        } else if let Some(register) = clobbered {
            Some(Breach::Clobbered(register))
        } else if after.flags & DIRECTION != 0 {
            Some(Breach::Direction)
        } else if controls(before) != controls(after) || after.x87_in_use() != 0 {
            Some(Breach::FloatingPoint)
        } else if areas.uses_upper_halves(after) {
            Some(Breach::UpperInUse)
        } else {
            None
        };
        let home = self.convention.home_space as usize;
        self.outcome.callers_frame = self.memory.callers_frame_changed(before.general[SP], home);
    }
}

/// What controls floating point: MXCSR without the flags that arithmetic sets, and the control word.
pub(crate) fn controls(state: &State) -> [u64; 2] {
    let mxcsr = state.mxcsr() & Register::MXCSR.control_bits();
    [
        mxcsr,
        state.x87_control() & Register::X87_CONTROL.control_bits(),
    ]
}

/// What of a register is compared: all of a general one, the low 128 bits of a vector register.
pub(crate) fn held(state: &State, register: Register) -> Option<u128> {
    if register.is_general() {
        return Some(state.general[register.index()].into());
    }
    let at = XMM + 16 * (register.index().checked_sub(16)?);
    let bytes = state.xsave.get(at..at + 16)?;
    let is_kept = register.is_vector() && register.index() < 32;
    is_kept.then(|| u128::from_le_bytes(bytes.try_into().unwrap_or_default()))
}
