//! Runs in a child: its memory, what it calls, its end.

use std::ops::Range;
use std::ptr;

use oracle::guard::{catch, in_child, map, set_timer};
use oracle::narrow::{self, NARROW};
use oracle::random::Random;
use oracle::shared::Shared;
use oracle::state::{Areas, State, XSAVE_SIZE};
use oracle::trampoline;

use super::entry::{ARGUMENTS, Entry, PAGE, SP, STACK, pointer};
use crate::link::Linked;
use crate::taste::{Lesson, Taste};

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
const DIRECTION: u64 = 1 << 10;
const SIGNALS: [i32; 6] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGTRAP,
    libc::SIGPROF,
];

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Ending {
    /// It did not begin, or killed its child.
    #[default]
    Died,
    /// It returned, and what its convention keeps is as it was.
    Returned,
    /// It showed this breach.
    Broke(Breach),
    /// It took too long.
    TimeOut,
    /// It touched more memory than there is for a run.
    OutOfMemory,
    /// It touched what cannot be there.
    Unmappable(u64),
    /// The processor raised something else.
    Signal(i32),
}

/// What a run showed that its function may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breach {
    /// A register that is preserved: its number.
    Clobbered(u8),
    /// ESP is so far off at the return.
    StackPointer(i32),
    /// The direction flag is set at the return, or at a call.
    Direction,
    /// x87 registers are in use at the return.
    Floats,
    /// The control word of x87, or MXCSR, is another at the return.
    Control,
    /// A call with ESP so far from a multiple of 16.
    MisalignedCall(u8),
    /// Control goes where no code is.
    LeftCode,
    /// A page of the stack is stepped over.
    Unprobed,
}

/// One run: the pointers among its arguments, and how it ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Outcome {
    pub(super) ending: Ending,
    /// The number that its state follows from.
    pub(super) number: u64,
    pub(super) pointers: u32,
}

/// Runs functions of one image.
pub(super) struct Runs {
    outcomes: Shared<Outcome>,
    image: Range<u64>,
    code: Range<u64>,
    elsewhere: Range<u64>,
    areas: Areas,
}

/// What the signal handler keeps.
struct Guard {
    code: Range<u64>,
    image: Range<u64>,
    elsewhere: Range<u64>,
    pages: [u64; MOST_PAGES],
    count: usize,
    /// The lowest page of the stack that may be touched.
    lowest: u64,
    entry: *const Entry,
    ending: Ending,
    random: Random,
}

/// The guard of the run that goes on in this process, or null.
static mut CURRENT: *mut Guard = ptr::null_mut();

impl Runs {
    pub(super) fn new(linked: &Linked<'_>, count: usize) -> Option<Self> {
        // SAFETY: outcomes are written before they are read.
        let outcomes = unsafe { Shared::zeroed(count)? };
        Some(Self {
            outcomes,
            image: linked.addresses(),
            code: linked.code_addresses(),
            elsewhere: linked.elsewhere.clone(),
            areas: Areas::of_processor(),
        })
    }

    /// Runs the function at an address on states that follow from a seed.
    pub(super) fn run(&mut self, address: u64, seed: u64) -> Vec<Outcome> {
        let count = self.outcomes.get().len();
        self.outcomes.get().fill(Outcome::default());
        let mut next = 0;
        while next < count {
            // SAFETY: `work` makes system calls and touches plain memory, no more.
            unsafe { in_child(|| self.work(address, seed, next..count).is_some()) };
            // A child that died did so in the run behind the last that ended.
            let ended = |outcome: &Outcome| outcome.ending != Ending::Died;
            let alive = self.outcomes.get()[next..].iter().take_while(|o| ended(o));
            next += alive.count() + 1;
        }
        self.outcomes.get().to_vec()
    }

    /// What the child does.
    fn work(&mut self, address: u64, seed: u64, numbers: Range<usize>) -> Option<()> {
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
        let mut guard = Guard {
            code: self.code.clone(),
            image: self.image.start - MARGIN..self.image.end + MARGIN,
            elsewhere: self.elsewhere.clone(),
            pages: [0; MOST_PAGES],
            count: 0,
            lowest: STACK.end,
            entry: ptr::null(),
            ending: Ending::Died,
            random: Random::new(0),
        };
        let guard = &raw mut guard;
        // SAFETY: the guard lives as long as this function, which the child does not outlive.
        unsafe { CURRENT = guard };
        let mut taste = Taste::of(ARGUMENTS as u64);
        for number in numbers {
            let number_seed = Random::new(seed).bits() ^ number as u64;
            let mut random = Random::new(number_seed);
            let pointers = taste.pointers(&mut random);
            let entry = Entry::random(self.areas, pointers, &mut random);
            // SAFETY: the process is a child that may be harmed.
            let ending = unsafe { run_one(guard, &entry, self.areas) };
            self.outcomes.get()[number] = Outcome {
                ending,
                number: number_seed,
                pointers,
            };
            taste.learn(entry.pointers, lesson(&entry, ending), &mut random);
        }
        Some(())
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
unsafe fn run_one(guard: *mut Guard, entry: &Entry, areas: Areas) -> Ending {
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
        narrow::settle();
        set_timer(PATIENCE);
        trampoline::run(GATE, &entry.state, &mut after, areas.components);
        set_timer(0);
        match after.ending {
            1 => judge(entry, &after),
            _ => (*guard).ending,
        }
    }
}

/// Judges a run that returned.
fn judge(entry: &Entry, after: &State) -> Ending {
    let before = &entry.state;
    let distance = (after.general[SP] as u32).wrapping_sub(before.general[SP] as u32 + 4);
    let is_kept = |register: &u8| {
        let register = usize::from(*register);
        after.general[register] as u32 == before.general[register] as u32
    };
    // `ebx`, `ebp`, `esi`, `edi`.
    let clobbered = [3_u8, 5, 6, 7].into_iter().find(|number| !is_kept(number));
    let is_control_kept = after.mxcsr() & !0x3f == before.mxcsr() & !0x3f
        && after.x87_control() == before.x87_control();
    if distance != 0 {
        Ending::Broke(Breach::StackPointer(distance.cast_signed()))
    } else if let Some(register) = clobbered {
        Ending::Broke(Breach::Clobbered(register))
    } else if after.flags & DIRECTION != 0 {
        Ending::Broke(Breach::Direction)
    } else if after.x87_in_use() != 0 {
        Ending::Broke(Breach::Floats)
    } else if !is_control_kept {
        Ending::Broke(Breach::Control)
    } else {
        Ending::Returned
    }
}

/// What a run's end tells of its arguments.
fn lesson(entry: &Entry, ending: Ending) -> Option<Lesson> {
    match ending {
        Ending::Returned => Some(Lesson::Good),
        Ending::Unmappable(address) => entry.nearest(address).map(Lesson::Pointer),
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

impl Guard {
    /// Forgets the run before, and makes the stack as the entry has it.
    fn prepare(&mut self, entry: &Entry) {
        self.forget();
        self.entry = entry;
        self.ending = Ending::Died;
        self.random = Random::new(entry.seed);
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
            // A timer may ring in the host, which goes on, and is rung again.
            libc::SIGPROF if !self.code.contains(&at) => {}
            libc::SIGPROF => self.end(Ending::TimeOut, context),
            libc::SIGSEGV if info.si_code == libc::SI_KERNEL => {
                self.end(Ending::Unmappable(0), context);
            }
            libc::SIGSEGV if address == at => self.call(context),
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
                () if is_stray => self.end(Ending::Unmappable(address), context),
                () if page >= self.lowest => self.end(Ending::Unmappable(address), context),
                () if page < STACK.start => self.end(Ending::OutOfMemory, context),
                () if page + PAGE < self.lowest => {
                    self.end(Ending::Broke(Breach::Unprobed), context)
                }
                () => self.open_page_below(),
            };
        }
        let is_image = self.image.contains(&address) && !self.elsewhere.contains(&address);
        if is_image || !USER_SPACE.contains(&address) {
            return self.end(Ending::Unmappable(address), context);
        }
        if self.count == MOST_PAGES {
            return self.end(Ending::OutOfMemory, context);
        }
        let read_write = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE;
        if map(page, PAGE as usize, read_write, flags).is_none() {
            return self.end(Ending::Unmappable(address), context);
        }
        self.pages[self.count] = page;
        self.count += 1;
        self.fill(page);
    }

    /// Answers as a function does that keeps cdecl and no more.
    fn call(&mut self, context: &mut libc::ucontext_t) {
        let stack_pointer = get(context, libc::REG_RSP);
        let is_open = stack_pointer >= self.lowest && stack_pointer + 4 <= STACK.end;
        // SAFETY: the stack is open there.
        let back = is_open.then(|| unsafe { (stack_pointer as *const u32).read_unaligned() });
        let Some(back) = back.map(u64::from) else {
            return self.end(Ending::Broke(Breach::LeftCode), context);
        };
        if !self.code.contains(&back) && back != BACK {
            return self.end(Ending::Broke(Breach::LeftCode), context);
        }
        if stack_pointer % 16 != 12 {
            let rest = ((stack_pointer + 4) % 16) as u8;
            return self.end(Ending::Broke(Breach::MisalignedCall(rest)), context);
        }
        if get(context, libc::REG_EFL) & DIRECTION != 0 {
            return self.end(Ending::Broke(Breach::Direction), context);
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

    fn end(&mut self, ending: Ending, context: &mut libc::ucontext_t) {
        self.ending = ending;
        let flags = get(context, libc::REG_EFL) & !DIRECTION;
        set(context, libc::REG_EFL, flags);
        trampoline::leave(context, 0);
    }
}
