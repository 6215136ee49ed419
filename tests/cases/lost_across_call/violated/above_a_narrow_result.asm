; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global ask:function
extern note
section .text
ask:
    push rdi
    call note
    pop rdi
    mov rax, [rdi + rax*8] ; an index of 32 bits
    ret
;;; c.rs
#[unsafe(no_mangle)]
pub extern "C" fn note(a: u64) -> u32 {
    a as u32
}
unsafe extern "C" {
    fn ask(a: *const u64) -> u64;
}

pub unsafe fn caller(a: *const u64) {
    unsafe { ask(a) };
}
