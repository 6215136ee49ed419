; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global both:function
section .text
both:
    mov eax, [rdi + 2]
    ret
;;; c.rs
#[repr(C)]
pub struct Pair {
    first: u32,
    second: u32,
}

unsafe extern "C" {
    fn both(of: *const Pair) -> u32;
}

pub fn caller(of: *const Pair) -> u32 {
    unsafe { both(of) }
}
