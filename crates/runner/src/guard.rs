//! What happens to a run: memory that is missing, calls that leave the image, its end.

use std::ops::Range;
use std::ptr;

use abide::conventions::{Convention, STACK_PROBE};
use abide::registers::Register;
use oracle::random::Random;
use oracle::state::{Areas, State};

use crate::fault;
use crate::link::Linked;
use crate::memory::{Answer, Memory};
use crate::outcome::{Breach, Ending, Outcome};
use crate::place::{Layout, PAGE, page_of};
use crate::returned;
use crate::steps::{Step, Steps};
use crate::stopped::{DIRECTION, Stopped, TRAP};

/// The signals that a run may end by.
pub(crate) const SIGNALS: [i32; 6] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGTRAP,
    libc::SIGPROF,
];
/// A callee writes so many words below its return address.
const CALLEES_FRAME: u64 = 32;
/// So far below SP code reaches by right: by a push, before it moves SP, and in a red zone. What lies
/// further below is the run's where the instruction says that it is so far from SP: a probe.
const BELOW: u64 = 128;

/// What the signal handler keeps of a run.
pub(crate) struct Guard<'a> {
    pub(crate) memory: Memory,
    pub(crate) layout: &'static Layout,
    /// How the function is called, and how it calls.
    pub(crate) convention: &'static Convention,
    /// Where the run returns to.
    pub(crate) back: u64,
    /// The image that runs.
    pub(crate) linked: &'a Linked<'a>,
    /// Where its code may be.
    pub(crate) code: Range<u64>,
    /// What is seen of a run that is followed.
    pub(crate) steps: Steps<'a>,
    /// The run's outcome.
    pub(crate) outcome: Outcome,
    pub(crate) random: Random,
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

impl Guard<'_> {
    fn answer(&mut self, signal: i32, info: &libc::siginfo_t, stopped: &mut Stopped<'_>) {
        let at = stopped.at();
        // SAFETY: the union's field is set for faults, and only read for them.
        let address = unsafe { info.si_addr() } as u64;
        match signal {
            libc::SIGTRAP if info.si_code == libc::TRAP_TRACE => self.step(at, stopped),
            // A timer may ring in the host, which goes on, and is rung again.
            libc::SIGPROF if !self.code.contains(&at) => {}
            libc::SIGPROF => self.end(Ending::TimeOut, stopped),
            // The host itself faults: the function wrote to what is the host's, and there is no way back.
            libc::SIGSEGV if !self.code.contains(&at) && address != at => {
                // SAFETY: it ends this process, a child.
                unsafe { libc::_exit(1) }
            }
            // What has no address is no missing page: a misaligned or impossible address.
            libc::SIGSEGV if info.si_code == libc::SI_KERNEL => {
                self.end(Ending::Unmappable, stopped);
            }
            // Code may be run and not written: a store to itself faults where it is.
            libc::SIGSEGV if address == at && self.linked.place_of(at).is_none() => {
                self.call(at, stopped);
            }
            libc::SIGSEGV => self.touch(address, stopped),
            _ => self.end(Ending::Signal(signal), stopped),
        }
    }

    fn touch(&mut self, address: u64, stopped: &mut Stopped<'_>) {
        let lowest = match fault::names_stack(self.linked, stopped.at()) {
            true => 0,
            false => stopped.stack_pointer().saturating_sub(BELOW),
        };
        match self.memory.touch(address, lowest) {
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
        let stack_pointer = stopped.stack_pointer();
        let Some(back) = self.memory.word_of_stack(stack_pointer) else {
            return self.stop(Breach::LeftCode, stopped);
        };
        let is_tail = back == self.back && stack_pointer == self.steps.entry_stack_pointer();
        if !(self.code.contains(&back) || is_tail) {
            return self.stop(Breach::LeftCode, stopped);
        }
        if self.linked.probes.contains(&at) {
            return self.probe(stack_pointer, back, stopped);
        }
        let rest = stack_pointer % 16;
        if rest != u64::from(self.convention.entry_residue) {
            return self.stop(Breach::MisalignedCall(rest as u8), stopped);
        }
        if stopped.has_flag(DIRECTION) {
            return self.stop(Breach::DirectionAtCall, stopped);
        }
        if self.linked.never_return.contains(&at) {
            return self.end(Ending::NeverReturns, stopped);
        }
        self.poison(stack_pointer, self.convention, stopped);
        let result = match self.random.below(3) {
            0 => self.random.below(2),
            1 => self.layout.region(32 + self.random.below(8)),
            _ => self.random.word(),
        };
        stopped.set_register(Register::RAX, self.layout.fit(result));
        stopped.go(back, stack_pointer + self.layout.word);
    }

    /// Touches each page of the frame that the caller is about to take, of `rax` bytes.
    fn probe(&mut self, stack_pointer: u64, back: u64, stopped: &mut Stopped<'_>) {
        let frame = stopped.register(Register::RAX);
        let end = (stack_pointer + self.layout.word).saturating_sub(frame);
        let mut page = page_of(stack_pointer);
        while page > page_of(end) {
            page -= PAGE;
            let is_open = self.memory.is_open_stack(page, 8);
            if !is_open && self.memory.touch(page, page) != Answer::Mapped {
                return self.end(Ending::OutOfMemory, stopped);
            }
        }
        self.poison(stack_pointer, &STACK_PROBE, stopped);
        stopped.go(back, stack_pointer + self.layout.word);
    }

    /// Fills all that a callee of this convention may change.
    fn poison(&mut self, stack_pointer: u64, callee: &Convention, stopped: &mut Stopped<'_>) {
        let registers = if self.layout.is_narrow() { 8 } else { 16 };
        for register in (0..registers).map(Register) {
            if register != Register::RSP && !callee.preserved.contains(register) {
                stopped.set_register(register, self.layout.fit(self.random.bits()));
            }
        }
        stopped.poison_vectors(&mut self.random, callee);
        let word = self.layout.word;
        self.overwrite(stack_pointer - CALLEES_FRAME * word, CALLEES_FRAME * word);
        self.overwrite(stack_pointer + word, callee.home_space.into());
    }

    /// Fills what of the stack is a callee's.
    fn overwrite(&mut self, start: u64, bytes: u64) {
        if self.memory.is_open_stack(start, bytes) {
            for word in (start..start + bytes).step_by(self.layout.word as usize) {
                // SAFETY: the stack is open there, and belongs to the callee.
                unsafe { self.layout.write(word, self.random.bits()) };
            }
        }
    }

    fn step(&mut self, at: u64, stopped: &mut Stopped<'_>) {
        let general = stopped.general();
        let memory = &self.memory;
        let peek = |word: u64| memory.word_of_stack(word);
        let step = self.steps.next(&self.code, at, &general, peek);
        self.outcome.left = self.steps.has_left();
        match step {
            Step::On => {}
            Step::Back => stopped.clear_flags(TRAP),
            Step::TooMany => self.end(Ending::TimeOut, stopped),
            Step::Strayed(from) => {
                self.stop(Breach::Strayed, stopped);
                // The instruction that led here tells why.
                self.outcome.at = from;
            }
            Step::Misaligned(rest) => self.stop(Breach::MisalignedCall(rest), stopped),
            Step::Broke(broken) => {
                self.outcome.broken = Some(broken);
                self.end(Ending::Departed, stopped);
            }
        }
    }

    fn stop(&mut self, breach: Breach, stopped: &mut Stopped<'_>) {
        self.outcome.breach = Some(breach);
        self.end(Ending::Stopped, stopped);
    }

    fn end(&mut self, ending: Ending, stopped: &mut Stopped<'_>) {
        self.outcome.ending = ending;
        self.outcome.at = stopped.at();
        self.outcome.general = stopped.general();
        stopped.leave();
    }

    /// Judges a run that returned.
    pub(crate) fn judge(&mut self, before: &State, after: &State, areas: Areas) {
        self.outcome.ending = Ending::Returned;
        self.outcome.general = after.general;
        self.outcome.breach = returned::breach(self.convention, self.layout, areas, before, after);
        let home = self.convention.home_space as usize;
        self.outcome.callers_frame = self.memory.callers_frame_changed(home);
    }
}
