//! The way from a state in memory into code, and back.

use std::arch::global_asm;

use crate::state::State;

// Offsets in `State`.
const GENERAL: usize = std::mem::offset_of!(State, general);
const FLAGS: usize = std::mem::offset_of!(State, flags);
const ENDING: usize = std::mem::offset_of!(State, ending);

/// Linux's segment of 64-bit code (`__USER_CS`).
const WIDE: i64 = 0x33;

global_asm!(
    ".pushsection .data",
    ".balign 8",
    "oracle_host_stack: .quad 0",
    "oracle_out: .quad 0",
    "oracle_stack: .quad 0",
    ".globl oracle_ending",
    "oracle_ending: .quad 0",
    ".globl oracle_entry",
    "oracle_entry: .quad 0",
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
    general = const GENERAL,
    flags = const FLAGS,
    ending = const ENDING,
);

unsafe extern "C" {
    fn oracle_run(before: *const State, after: *mut State, components: u64);
    static mut oracle_ending: u64;
    static mut oracle_entry: u64;
    // Labels that code jumps to; nothing calls them.
    static oracle_next: u8;
    static oracle_landing: u8;
    static oracle_leave: u8;
}

/// Where the code goes on to end the run: what it returns to, say.
#[must_use]
pub fn next() -> u64 {
    &raw const oracle_next as u64
}

/// Where the code may go instead, which is told apart.
#[must_use]
pub fn landing() -> u64 {
    &raw const oracle_landing as u64
}

/// Enters code with all registers as in `before`, and stores them in `after` when it has ended.
///
/// # Safety
///
/// What the code may do must harm nothing: the process is one that can be
/// spared, and catches the signals that the code may raise.
pub unsafe fn run(entry: u64, before: &State, after: &mut State, components: u64) {
    // SAFETY: one run at a time uses the statics; the caller answers for the code.
    unsafe {
        oracle_entry = entry;
        oracle_run(before, after, components);
    }
}

/// Ends the run that a signal has interrupted, its registers as they are.
pub fn leave(context: &mut libc::ucontext_t, ending: u64) {
    // SAFETY: the run and its signal handler are one thread.
    unsafe { oracle_ending = ending };
    let registers = &mut context.uc_mcontext.gregs;
    registers[libc::REG_RIP as usize] = &raw const oracle_leave as i64;
    // It may have interrupted 32-bit code; `cs` is the lowest 16 bits.
    let segments = &mut registers[libc::REG_CSGSFS as usize];
    *segments = *segments & !0xffff | WIDE;
}
