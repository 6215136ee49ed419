; Rust hands `step` on by the type of code whose type nobody knows, and goes there in `asm!`, with what
; it takes in registers of its own choice. `count` takes nothing, as it is declared, and is held to it.
; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global step:function, count:function
section .text
step:
    mov rax, [rdi + rax*8]
    mov [r15], rax
    ret
count:
    mov eax, [rel number]
    mov ecx, 1
    ret
section .rodata
number:
    dd 3
;;; c.rs
#![crate_type = "lib"]
#![no_std]
type Step = unsafe extern "C" fn();
unsafe extern "C" {
    fn step();
    fn count();
}
#[unsafe(no_mangle)]
pub static STEPS: [Step; 2] = [step, count];
#[unsafe(no_mangle)]
pub unsafe fn walk(number: usize, from: *const u64, to: *mut u64) {
    unsafe {
        core::arch::asm!(
            "call r10",
            in("r10") STEPS[number],
            in("rdi") from,
            in("r15") to,
            inout("rax") number => _,
        );
    }
}
