; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern STATE
global length_of:function
section .text
length_of:
    mov rax, [rel STATE + 8]
    ret
;;; c.rs
pub struct State {
    start: usize,
    length: usize,
}

#[unsafe(no_mangle)]
pub static STATE: State = State { start: 0, length: 0 };

unsafe extern "C" {
    fn length_of() -> usize;
}

pub fn caller() -> usize {
    unsafe { length_of() }
}
