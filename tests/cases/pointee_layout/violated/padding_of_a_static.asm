; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern STATE
global link_next:function
section .text
link_next:
    lea rax, [rel STATE]
    mov [rax + 1], rdi
    ret
;;; c.rs
#[repr(C)]
pub struct State {
    flags: u8,
    next: usize,
}

#[unsafe(no_mangle)]
pub static mut STATE: State = State { flags: 0, next: 0 };

unsafe extern "C" {
    fn link_next(to: usize);
}

pub fn caller(to: usize) {
    unsafe { link_next(to) };
}
