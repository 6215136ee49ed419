; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global pair:function
section .text
pair:
    mov rax, rdi
    ret
;;; c.rs
#[repr(C)]
pub struct Pair(u64, u64);

unsafe extern "C" {
    fn pair(a: u64) -> Pair;
}

pub unsafe fn caller(a: u64) -> Pair {
    unsafe { pair(a) }
}
