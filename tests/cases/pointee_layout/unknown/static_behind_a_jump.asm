; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern COUNTERS
global away:function
section .text
away:
    inc dword [rel COUNTERS]
    push rsi
    jmp [rdi]
;;; c.rs
#[unsafe(no_mangle)]
pub static mut COUNTERS: [u32; 3] = [0; 3];

unsafe extern "C" {
    fn away(to: usize);
}

pub fn caller(to: usize) {
    unsafe { away(to) };
}
