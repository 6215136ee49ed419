; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global fill:function
section .text
fill:
    mov rax, rdi
    mov [rdi], rsi
    mov [rdi + 16], rsi
    ret
;;; c.rs
#[repr(C)]
pub struct Three(u64, u64, u64);

unsafe extern "C" {
    fn fill(a: u64) -> Three;
}

pub unsafe fn caller(a: u64) -> Three {
    unsafe { fill(a) }
}
