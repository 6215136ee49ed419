//! Runs in a child: its memory, what it calls, its end.

use std::ops::Range;
use std::ptr;

use oracle::guard::{catch, in_child, map, set_timer};
use oracle::narrow::{self, NARROW};
use oracle::random::Random;
use oracle::shared::Shared;
use oracle::state::{Areas, State, XSAVE_SIZE};
use oracle::trampoline;

use abide::conventions::CDECL;
use abide::project::RootVerdicts;
use abide::registers::Register;

use super::entry::{ARGUMENTS, Entry, PAGE, SP, STACK, pointer};
use crate::children::{Children, Wanted};
use crate::coverage::Note;
use crate::entry::Seed;
use crate::fault;
use crate::guard::{DIRECTION, GENERAL, SIGNALS, TRAP, controls};
use crate::link::Linked;
use crate::outcome::{Breach, Ending, Outcome};
use crate::run::{DIED, Seeds};
use crate::taste::{Lesson, Taste};
use crate::watch::{Before, Sight, Watch};

/// Where the way in and the way out are.
const GATE: u64 = 0x0ff0_0000;
/// 32-bit code returns here, which leads on to [`WIDE`].
const BACK: u64 = GATE + 0x20;
const WIDE: u64 = GATE + 0x40;
/// What a run may take of the processor's time, in microseconds.
const PATIENCE: i64 = 12_000;
/// So many pages a run may touch.
const MOST_PAGES: usize = 128;
/// What may be touched beside the stack and the image.
const USER_SPACE: Range<u64> = 0x1_0000..0xff00_0000;
/// How far around what was mapped before nothing is mapped on demand.
const MARGIN: u64 = 16 * PAGE;
/// A callee writes so much below its return address, in bytes.
const CALLEES_FRAME: u64 = 128;
/// Runs functions of one image.
pub(super) struct Runs<'linked> {
    linked: &'linked Linked<'linked>,
    runs: Shared<(Seed, Outcome)>,
    notes: Shared<Note>,
    areas: Areas,
}

/// What the signal handler keeps.
struct Guard<'a> {
    code: Range<u64>,
    image: Range<u64>,
    elsewhere: Range<u64>,
    pages: [u64; MOST_PAGES],
    count: usize,
    /// The lowest page of the stack that may be touched.
    lowest: u64,
    never_return: &'a [u64],
    entry: *const Entry,
    outcome: Outcome,
    random: Random,
    /// What the proof expects of a run that is followed.
    watch: Option<&'a Watch>,
    /// What the entry has of which a frame keeps something.
    before: Before,
    /// Where the run read last in each table of the watch.
    read: Vec<u64>,
    /// Notes of the steps, one for each byte of code.
    notes: *mut Note,
    previous: u64,
    steps: u64,
    most_steps: u64,
    /// The step leads to a function of which the proof says nothing, if it leads into the code.
    leaves: bool,
}

/// The guard of the run that goes on in this process, or null.
static mut CURRENT: *mut Guard<'static> = ptr::null_mut();

impl<'linked> Runs<'linked> {
    pub(super) fn new(linked: &'linked Linked<'linked>, most: usize) -> Option<Self> {
        let code = linked.code_addresses();
        // SAFETY: runs are written before they are read; notes are numbers.
        let (runs, notes) = unsafe {
            let notes = Shared::zeroed((code.end - code.start) as usize)?;
            (Shared::zeroed(most)?, notes)
        };
        Some(Self {
            linked,
            runs,
            notes,
            areas: Areas::of_processor(),
        })
    }

    fn run_all(
        &mut self,
        found: &RootVerdicts,
        count: usize,
        seeds: Seeds<'_>,
    ) -> Vec<(Seed, Outcome)> {
        let Some(address) = self.linked.address_of(found.root.place) else {
            return Vec::new();
        };
        let nothing = (Seed::default(), Outcome::default());
        self.runs.get()[..count].fill(nothing);
        let mut next = 0;
        while next < count {
            // SAFETY: `work` makes system calls and touches plain memory, no more.
            unsafe { in_child(|| self.work(address, next..count, seeds).is_some()) };
            // A child that died did so in the run behind the last that ended.
            let begun = &self.runs.get()[next..count];
            let is_open = |(_, outcome): &(Seed, Outcome)| {
                matches!(outcome.ending, Ending::Died | Ending::None)
            };
            next = begun
                .iter()
                .position(is_open)
                .map_or(count, |n| next + n + 1);
        }
        let mut runs = self.runs.get()[..count].to_vec();
        for (_, outcome) in &mut runs {
            fault::explain(self.linked, &STACK, outcome);
        }
        runs
    }

    /// What the child does.
    fn work(&mut self, address: u64, numbers: Range<usize>, seeds: Seeds<'_>) -> Option<()> {
        let fixed = libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE;
        let read_write = libc::PROT_READ | libc::PROT_WRITE;
        let gate = map(GATE, PAGE as usize, read_write | libc::PROT_EXEC, fixed)?;
        // SAFETY: the page was just mapped.
        unsafe { put_gate(gate.cast(), address) };
        let size = (STACK.end - STACK.start) as usize;
        map(
            STACK.start,
            size,
            libc::PROT_NONE,
            fixed | libc::MAP_NORESERVE,
        )?;
        catch(on_signal, &SIGNALS)?;
        let (watch, most_steps) = match seeds {
            Seeds::Learned(_) => (None, 0),
            Seeds::Followed(_, watch, most_steps) => (Some(watch), most_steps),
        };
        let image = self.linked.addresses();
        let mut guard = Guard {
            code: self.linked.code_addresses(),
            image: image.start - MARGIN..image.end + MARGIN,
            elsewhere: self.linked.elsewhere.clone(),
            pages: [0; MOST_PAGES],
            count: 0,
            lowest: STACK.end,
            never_return: &self.linked.never_return,
            entry: ptr::null(),
            outcome: Outcome::default(),
            random: Random::new(0),
            watch,
            before: Before::default(),
            read: vec![0; watch.map_or(0, Watch::memory)],
            notes: self.notes.get().as_mut_ptr(),
            previous: 0,
            steps: 0,
            most_steps,
            leaves: false,
        };
        let guard = &raw mut guard;
        // SAFETY: the guard lives as long as this function, which the child does not outlive.
        unsafe { CURRENT = guard.cast() };
        let mut taste = Taste::of(ARGUMENTS as u64);
        for number in numbers {
            let (seed, mut random) = seeds.of(number, taste);
            self.runs.get()[number] = (seed, DIED);
            let entry = Entry::random(self.areas, seed);
            // SAFETY: the process is a child that may be harmed.
            let outcome = unsafe { run_one(guard, &entry, self.areas, watch) };
            self.runs.get()[number].1 = outcome;
            taste.learn(seed.pointers, lesson(&entry, &outcome), &mut random);
        }
        Some(())
    }
}

impl Children for Runs<'_> {
    fn run(&mut self, found: &RootVerdicts, wanted: Wanted) -> Vec<(Seed, Outcome)> {
        let address = self.linked.address_of(found.root.place).unwrap_or(0);
        self.run_all(found, wanted.runs, Seeds::Learned(wanted.seed ^ address))
    }

    fn again(
        &mut self,
        found: &RootVerdicts,
        seeds: &[Seed],
        watch: &Watch,
        steps: u64,
    ) -> Vec<(Seed, Outcome)> {
        self.run_all(found, seeds.len(), Seeds::Followed(seeds, watch, steps))
    }

    fn notes(&mut self) -> &[Note] {
        self.notes.get()
    }
}

/// The far jump into the function, and the ways back out.
///
/// # Safety
///
/// There is a page.
unsafe fn put_gate(page: *mut u8, function: u64) {
    let mut bytes = Vec::with_capacity(0x50);
    // `jmp far [rip]`.
    bytes.extend([0xff, 0x2d, 0, 0, 0, 0]);
    bytes.extend((function as u32).to_le_bytes());
    bytes.extend(NARROW.to_le_bytes());
    bytes.resize((BACK - GATE) as usize, 0xcc);
    // `jmp far` of 32-bit code.
    bytes.push(0xea);
    bytes.extend((WIDE as u32).to_le_bytes());
    bytes.extend(narrow::WIDE.to_le_bytes());
    bytes.resize((WIDE - GATE) as usize, 0xcc);
    // `jmp [rip]`.
    bytes.extend([0xff, 0x25, 0, 0, 0, 0]);
    bytes.extend(trampoline::next().to_le_bytes());
    // SAFETY: the caller has mapped a page.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), page, bytes.len()) };
}

/// # Safety
///
/// `guard` is valid, and the process is a child that may be harmed.
unsafe fn run_one<'a>(
    guard: *mut Guard<'a>,
    entry: &Entry,
    areas: Areas,
    watch: Option<&'a Watch>,
) -> Outcome {
    let mut before = entry.state.clone();
    let mut after = State {
        xsave: [0; XSAVE_SIZE],
        general: [0; 16],
        flags: 0,
        ending: 0,
    };
    // SAFETY: the caller answers for the guard and the process. Each use of the guard ends before
    // code runs that raises signals.
    unsafe {
        (*guard).prepare(entry);
        (*guard).watch = watch;
        if watch.is_some() {
            before.flags |= TRAP;
        }
        narrow::settle();
        set_timer(if watch.is_some() { 0 } else { PATIENCE });
        trampoline::run(GATE, &before, &mut after, areas.components);
        set_timer(0);
        if after.ending == 1 {
            (*guard).judge(&entry.state, &after, areas);
        }
        (*guard).outcome
    }
}

/// What a run's end tells of its arguments.
fn lesson(entry: &Entry, outcome: &Outcome) -> Option<Lesson> {
    match outcome.ending {
        Ending::Returned => Some(Lesson::Good),
        Ending::Unmappable => entry.nearest(outcome.address?).map(Lesson::Pointer),
        Ending::OutOfMemory | Ending::TimeOut => Some(Lesson::TooMuch),
        _ => None,
    }
}

extern "C" fn on_signal(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the system passes both; the guard outlives its runs, and the code that is
    // interrupted does not use it.
    unsafe {
        let (info, context) = (&*info, &mut *context.cast::<libc::ucontext_t>());
        if let Some(guard) = CURRENT.as_mut() {
            guard.answer(signal, info, context);
        }
    }
}

fn get(context: &libc::ucontext_t, register: i32) -> u64 {
    context.uc_mcontext.gregs[register as usize] as u64
}

fn set(context: &mut libc::ucontext_t, register: i32, value: u64) {
    context.uc_mcontext.gregs[register as usize] = value as i64;
}

impl Guard<'_> {
    /// Forgets the run before, and makes the stack as the entry has it.
    fn prepare(&mut self, entry: &Entry) {
        self.forget();
        self.entry = entry;
        self.outcome = DIED;
        self.random = Random::new(entry.seed);
        self.before = Before::of(&entry.state, &CDECL);
        self.read.fill(0);
        (self.previous, self.steps, self.leaves) = (0, 0, false);
        while self.lowest > entry.stack_pointer() & !(PAGE - 1) {
            self.open_page_below();
        }
        let frame = entry.stack_pointer() as *mut u32;
        // SAFETY: the pages from SP's on were opened, and the caller's lie above.
        unsafe {
            frame.write(BACK as u32);
            let arguments = &entry.arguments;
            ptr::copy_nonoverlapping(arguments.as_ptr(), frame.add(1), arguments.len());
        }
    }

    fn forget(&mut self) {
        for &page in &self.pages[..self.count] {
            // SAFETY: the page was mapped for the run that has ended.
            unsafe { libc::munmap(page as *mut libc::c_void, PAGE as usize) };
        }
        self.count = 0;
        let size = (STACK.end - self.lowest) as usize;
        // SAFETY: this is the stack of the run that has ended.
        unsafe { libc::mprotect(self.lowest as *mut libc::c_void, size, libc::PROT_NONE) };
        self.lowest = STACK.end;
    }

    fn open_page_below(&mut self) {
        self.lowest -= PAGE;
        let read_write = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the page is one of the stack, which was reserved.
        unsafe { libc::mprotect(self.lowest as *mut libc::c_void, PAGE as usize, read_write) };
        self.fill(self.lowest);
    }

    /// What a page holds follows from the seed and its address.
    fn fill(&self, page: u64) {
        // SAFETY: the entry lives while its run does.
        let entry = unsafe { &*self.entry };
        let mut random = Random::new(entry.seed ^ page);
        for word in 0..PAGE as usize / 4 {
            let value = entry.filling.word(&mut random, pointer) as u32;
            // SAFETY: the page was just mapped for reading and writing.
            unsafe { (page as *mut u32).add(word).write(value) };
        }
    }

    fn answer(&mut self, signal: i32, info: &libc::siginfo_t, context: &mut libc::ucontext_t) {
        let at = get(context, libc::REG_RIP);
        // SAFETY: the union's field is set for faults, and only read for them.
        let address = unsafe { info.si_addr() } as u64;
        match signal {
            libc::SIGTRAP if info.si_code == libc::TRAP_TRACE => self.step(at, context),
            // A timer may ring in the host, which goes on, and is rung again.
            libc::SIGPROF if !self.code.contains(&at) => {}
            libc::SIGPROF => self.end(Ending::TimeOut, context),
            libc::SIGSEGV if info.si_code == libc::SI_KERNEL => {
                self.end(Ending::Unmappable, context);
            }
            libc::SIGSEGV if address == at => self.call(at, context),
            libc::SIGSEGV => self.touch(address, context),
            _ => self.end(Ending::Signal(signal), context),
        }
    }

    fn touch(&mut self, address: u64, context: &mut libc::ucontext_t) {
        let page = address & !(PAGE - 1);
        if (STACK.start - MARGIN..STACK.end + MARGIN).contains(&address) {
            // There is no red zone: what lies below SP was reached by a stray pointer.
            let is_stray = address < get(context, libc::REG_RSP);
            return match () {
                () if is_stray => self.refuse(address, context),
                () if page >= self.lowest => self.refuse(address, context),
                () if page < STACK.start => self.end(Ending::OutOfMemory, context),
                () if page + PAGE < self.lowest => self.stop(Breach::Unprobed, context),
                () => self.open_page_below(),
            };
        }
        let is_image = self.image.contains(&address) && !self.elsewhere.contains(&address);
        if is_image || !USER_SPACE.contains(&address) {
            return self.refuse(address, context);
        }
        if self.count == MOST_PAGES {
            return self.end(Ending::OutOfMemory, context);
        }
        let read_write = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE;
        if map(page, PAGE as usize, read_write, flags).is_none() {
            return self.refuse(address, context);
        }
        self.pages[self.count] = page;
        self.count += 1;
        self.fill(page);
    }

    /// Answers as a function does that keeps cdecl and no more.
    fn call(&mut self, at: u64, context: &mut libc::ucontext_t) {
        let stack_pointer = get(context, libc::REG_RSP);
        let is_open = stack_pointer >= self.lowest && stack_pointer + 4 <= STACK.end;
        // SAFETY: the stack is open there.
        let back = is_open.then(|| unsafe { (stack_pointer as *const u32).read_unaligned() });
        let Some(back) = back.map(u64::from) else {
            return self.stop(Breach::LeftCode, context);
        };
        if !self.code.contains(&back) && back != BACK {
            return self.stop(Breach::LeftCode, context);
        }
        if stack_pointer % 16 != 12 {
            let rest = ((stack_pointer + 4) % 16) as u8;
            return self.stop(Breach::MisalignedCall(rest), context);
        }
        if get(context, libc::REG_EFL) & DIRECTION != 0 {
            return self.stop(Breach::DirectionAtCall, context);
        }
        if self.never_return.contains(&at) {
            return self.end(Ending::NeverReturns, context);
        }
        for register in [libc::REG_RAX, libc::REG_RCX, libc::REG_RDX] {
            set(context, register, self.random.bits() & 0xffff_ffff);
        }
        // SAFETY: on x86-64 the system saves the vector registers with every signal.
        if let Some(vectors) = unsafe { context.uc_mcontext.fpregs.as_mut() } {
            for element in vectors._xmm[..8]
                .iter_mut()
                .flat_map(|xmm| &mut xmm.element)
            {
                *element = self.random.bits() as u32;
            }
        }
        let frame = stack_pointer - CALLEES_FRAME;
        if frame >= self.lowest {
            for word in (frame..stack_pointer).step_by(4) {
                // SAFETY: the stack is open there, and belongs to the callee.
                unsafe { (word as *mut u32).write_unaligned(self.random.bits() as u32) };
            }
        }
        set(context, libc::REG_RSP, stack_pointer + 4);
        set(context, libc::REG_RIP, back);
    }

    /// Notes where an instruction has led, and holds the next one against the proof.
    fn step(&mut self, at: u64, context: &mut libc::ucontext_t) {
        if self.code.contains(&self.previous) {
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
            let flags = get(context, libc::REG_EFL) & !TRAP;
            return set(context, libc::REG_EFL, flags);
        }
        if self.steps > self.most_steps && self.code.contains(&at) {
            return self.end(Ending::TimeOut, context);
        }
        match self.look(from, at, context) {
            Sight::Expected => {}
            Sight::Left => self.leaves = true,
            Sight::Strayed => {
                self.stop(Breach::Strayed, context);
                // The instruction that led here tells why.
                self.outcome.at = from;
            }
            Sight::Broke(broken) => {
                self.outcome.broken = Some(broken);
                self.end(Ending::Departed, context);
            }
        }
    }

    fn look(&mut self, from: u64, at: u64, context: &libc::ucontext_t) -> Sight {
        let Some(watch) = self.watch.filter(|_| self.code.contains(&at)) else {
            return Sight::Expected;
        };
        let lowest = self.lowest;
        let peek = |word: u64| {
            let is_open = word >= lowest && word + 4 <= STACK.end;
            // SAFETY: the stack is open there.
            is_open.then(|| unsafe { (word as *const u32).read_unaligned() }.into())
        };
        let general = GENERAL.map(|register| get(context, register));
        watch.look(from, at, &general, &self.before, &mut self.read, peek)
    }

    fn refuse(&mut self, address: u64, context: &mut libc::ucontext_t) {
        self.outcome.address = Some(address);
        self.end(Ending::Unmappable, context);
    }

    fn stop(&mut self, breach: Breach, context: &mut libc::ucontext_t) {
        self.outcome.breach = Some(breach);
        self.end(Ending::Stopped, context);
    }

    fn end(&mut self, ending: Ending, context: &mut libc::ucontext_t) {
        self.outcome.ending = ending;
        self.outcome.at = get(context, libc::REG_RIP);
        self.outcome.general = GENERAL.map(|register| get(context, register));
        let flags = get(context, libc::REG_EFL) & !(TRAP | DIRECTION);
        set(context, libc::REG_EFL, flags);
        trampoline::leave(context, 0);
    }

    /// Judges a run that returned.
    fn judge(&mut self, before: &State, after: &State, areas: Areas) {
        self.outcome.ending = Ending::Returned;
        self.outcome.general = after.general;
        let distance = (after.general[SP] as u32).wrapping_sub(before.general[SP] as u32 + 4);
        let is_kept = |register: &Register| {
            let register = register.index();
            after.general[register] as u32 == before.general[register] as u32
        };
        let preserved = CDECL
            .preserved
            .iter()
            .filter(|register| register.is_general());
        let clobbered = preserved
            .filter(|&register| register != Register::RSP)
            .find(|register| !is_kept(register));
        self.outcome.breach = if distance != 0 {
            Some(Breach::StackPointer(distance.cast_signed().into()))
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
    }
}
