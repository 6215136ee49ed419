//! Runs one instruction after another in a child process.
//!
//! The child maps the code and the scratch memory at fixed addresses, with
//! nothing around them, and catches the exceptions that an instruction may
//! raise. What no handler can mend ends the child alone.

use std::arch::{asm, global_asm};
use std::mem::MaybeUninit;
use std::ptr;

use crate::state::{CODE, CODE_SIZE, LANDING, SCRATCH, SCRATCH_SIZE, START, State};

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
            signal => Ending::Signal((signal - SIGNALS) as i32),
        }
    }
}

/// What is added to a signal's number in [`State::ending`].
const SIGNALS: u64 = 16;
/// A run that goes on for longer than this, in seconds, is ended.
const PATIENCE: u32 = 5;

// Offsets in `State`.
const GENERAL: usize = std::mem::offset_of!(State, general);
const FLAGS: usize = std::mem::offset_of!(State, flags);
const ENDING: usize = std::mem::offset_of!(State, ending);

global_asm!(
    ".pushsection .data",
    ".balign 8",
    "oracle_host_stack: .quad 0",
    "oracle_out: .quad 0",
    "oracle_stack: .quad 0",
    ".globl oracle_ending",
    "oracle_ending: .quad 0",
    "oracle_entry: .quad {entry}",
    "oracle_mxcsr: .long 0x1f80",
    ".popsection",
    // oracle_run(before: rdi, after: rsi, components: rdx)
    ".globl oracle_run",
    "oracle_run:",
    "push rbx",
    "push rbp",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "push rdx",
    "pushfq",
    "mov [rip + oracle_host_stack], rsp",
    "mov [rip + oracle_out], rsi",
    "mov eax, edx",
    "xor edx, edx",
    "xrstor64 [rdi]",
    "push qword ptr [rdi + {flags}]",
    "popfq",
    "mov rax, [rdi + {general}]",
    "mov rcx, [rdi + {general} + 8]",
    "mov rdx, [rdi + {general} + 16]",
    "mov rbx, [rdi + {general} + 24]",
    "mov rsp, [rdi + {general} + 32]",
    "mov rbp, [rdi + {general} + 40]",
    "mov rsi, [rdi + {general} + 48]",
    "mov r8, [rdi + {general} + 64]",
    "mov r9, [rdi + {general} + 72]",
    "mov r10, [rdi + {general} + 80]",
    "mov r11, [rdi + {general} + 88]",
    "mov r12, [rdi + {general} + 96]",
    "mov r13, [rdi + {general} + 104]",
    "mov r14, [rdi + {general} + 112]",
    "mov r15, [rdi + {general} + 120]",
    "mov rdi, [rdi + {general} + 56]",
    "jmp [rip + oracle_entry]",
    // Where the code jumps behind the instruction. `mov` changes no flag.
    ".globl oracle_next",
    "oracle_next:",
    "mov qword ptr [rip + oracle_ending], 1",
    "jmp oracle_leave",
    ".globl oracle_landing",
    "oracle_landing:",
    "mov qword ptr [rip + oracle_ending], 2",
    ".globl oracle_leave",
    "oracle_leave:",
    "mov [rip + oracle_stack], rsp",
    "mov rsp, [rip + oracle_host_stack]",
    "pushfq",
    "push rax",
    "mov rax, [rip + oracle_out]",
    "mov [rax + {general} + 8], rcx",
    "mov [rax + {general} + 16], rdx",
    "mov [rax + {general} + 24], rbx",
    "mov [rax + {general} + 40], rbp",
    "mov [rax + {general} + 48], rsi",
    "mov [rax + {general} + 56], rdi",
    "mov [rax + {general} + 64], r8",
    "mov [rax + {general} + 72], r9",
    "mov [rax + {general} + 80], r10",
    "mov [rax + {general} + 88], r11",
    "mov [rax + {general} + 96], r12",
    "mov [rax + {general} + 104], r13",
    "mov [rax + {general} + 112], r14",
    "mov [rax + {general} + 120], r15",
    "pop rcx",
    "mov [rax + {general}], rcx",
    "pop rcx",
    "mov [rax + {flags}], rcx",
    "mov rcx, [rip + oracle_stack]",
    "mov [rax + {general} + 32], rcx",
    "mov rcx, [rip + oracle_ending]",
    "mov [rax + {ending}], rcx",
    "mov rdi, rax",
    "mov eax, [rsp + 8]",
    "xor edx, edx",
    "xsave64 [rdi]",
    "fninit",
    "ldmxcsr [rip + oracle_mxcsr]",
    "popfq",
    "pop rdx",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbp",
    "pop rbx",
    "ret",
    entry = const CODE + START,
    general = const GENERAL,
    flags = const FLAGS,
    ending = const ENDING,
);

unsafe extern "C" {
    fn oracle_run(before: *const State, after: *mut State, components: u64);
    static mut oracle_ending: u64;
    // Labels that code jumps to; nothing calls them.
    static oracle_next: u8;
    static oracle_landing: u8;
    static oracle_leave: u8;
}

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
pub fn code(instruction: &[u8]) -> [u8; CODE_SIZE] {
    let (next, landing) = (&raw const oracle_next, &raw const oracle_landing);
    let mut code = [0xcc; CODE_SIZE];
    let start = START as usize;
    let end = start + instruction.len();
    code[start..end].copy_from_slice(instruction);
    put_jump(&mut code[end..], next as u64);
    put_jump(&mut code[LANDING as usize..], landing as u64);
    code
}

/// `jmp [rip]`, and the address behind it.
fn put_jump(code: &mut [u8], to: u64) {
    code[..6].copy_from_slice(&[0xff, 0x25, 0, 0, 0, 0]);
    code[6..14].copy_from_slice(&to.to_le_bytes());
}

/// Cases in memory that a child shares.
pub struct Cases {
    start: *mut Case,
    count: usize,
}

impl Cases {
    /// Room for `count` cases, all zero; `None` if the system has no memory.
    #[must_use]
    pub fn new(count: usize) -> Option<Self> {
        let size = count.checked_mul(size_of::<Case>())?;
        let start = map(
            ptr::null_mut(),
            size,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED,
        )?;
        Some(Self {
            start: start.cast(),
            count,
        })
    }

    /// The cases.
    pub fn get(&mut self) -> &mut [Case] {
        // SAFETY: the mapping holds `count` cases, is zero or was written
        // through this type, and a child that writes has ended before `run` returns.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.count) }
    }

    /// Runs the first `count` cases with this code, in a child.
    pub fn run(&mut self, count: usize, code: &[u8; CODE_SIZE], components: u64) {
        let cases = &mut self.get()[..count];
        for case in cases.iter_mut() {
            case.after.ending = 0;
        }
        // SAFETY: the child calls only what is safe after `fork` (system calls
        // and plain memory), and leaves by `_exit`.
        unsafe {
            match libc::fork() {
                0 => {
                    let has_run = work(cases, code, components).is_some();
                    libc::_exit(i32::from(!has_run));
                }
                child if child > 0 => {
                    let mut status = 0;
                    libc::waitpid(child, &mut status, 0);
                }
                _ => {}
            }
        }
    }
}

impl Drop for Cases {
    fn drop(&mut self) {
        // SAFETY: the mapping was made in `new`, and no reference outlives `self`.
        unsafe {
            libc::munmap(self.start.cast(), self.count * size_of::<Case>());
        }
    }
}

fn map(at: *mut libc::c_void, size: usize, rights: i32, flags: i32) -> Option<*mut libc::c_void> {
    // SAFETY: a new mapping; with `MAP_FIXED_NOREPLACE` it replaces none.
    let start = unsafe { libc::mmap(at, size, rights, flags | libc::MAP_ANONYMOUS, -1, 0) };
    (start != libc::MAP_FAILED).then_some(start)
}

/// What the child does.
fn work(cases: &mut [Case], code: &[u8; CODE_SIZE], components: u64) -> Option<()> {
    let fixed = libc::MAP_PRIVATE | libc::MAP_FIXED_NOREPLACE;
    let read_write = libc::PROT_READ | libc::PROT_WRITE;
    let at = |address: u64| address as *mut libc::c_void;
    let page = map(at(CODE), 4096, read_write | libc::PROT_EXEC, fixed)?;
    let scratch = map(at(SCRATCH), SCRATCH_SIZE, read_write, fixed)?;
    // SAFETY: both mappings are as large as what is copied.
    unsafe {
        ptr::copy_nonoverlapping(code.as_ptr(), page.cast(), CODE_SIZE);
        catch_signals()?;
        libc::alarm(PATIENCE);
        for case in cases {
            ptr::copy_nonoverlapping(case.memory.as_ptr(), scratch.cast(), SCRATCH_SIZE);
            oracle_run(&raw const case.before, &raw mut case.after, components);
            ptr::copy_nonoverlapping(scratch.cast(), case.memory.as_mut_ptr(), SCRATCH_SIZE);
        }
    }
    Some(())
}

/// Sends the signals of exceptions to [`on_signal`], on a stack of their own.
fn catch_signals() -> Option<()> {
    const STACK_SIZE: usize = 64 * 1024;
    let read_write = libc::PROT_READ | libc::PROT_WRITE;
    let stack = map(ptr::null_mut(), STACK_SIZE, read_write, libc::MAP_PRIVATE)?;
    // SAFETY: the stack is mapped and never freed; the handler has the
    // signature that `SA_SIGINFO` asks for.
    unsafe {
        let alternative = libc::stack_t {
            ss_sp: stack,
            ss_flags: 0,
            ss_size: STACK_SIZE,
        };
        libc::sigaltstack(&alternative, ptr::null_mut());
        let mut action: libc::sigaction = MaybeUninit::zeroed().assume_init();
        let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) = on_signal;
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
        for signal in [
            libc::SIGSEGV,
            libc::SIGBUS,
            libc::SIGILL,
            libc::SIGFPE,
            libc::SIGTRAP,
        ] {
            libc::sigaction(signal, &action, ptr::null_mut());
        }
    }
    Some(())
}

/// Notes the signal and leaves the run with the registers as they are.
extern "C" fn on_signal(signal: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the system passes the context of the interrupted code, which is
    // resumed where the trampoline leaves.
    unsafe {
        oracle_ending = SIGNALS + signal as u64;
        let context = &mut *context.cast::<libc::ucontext_t>();
        context.uc_mcontext.gregs[libc::REG_RIP as usize] = &raw const oracle_leave as i64;
    }
}
