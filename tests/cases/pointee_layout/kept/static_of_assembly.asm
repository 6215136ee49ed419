; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global TABLE:data
global third:function
section .data
; Rust looks at the first two alone.
TABLE:
    dq 1, 2, 3
section .text
third:
    mov rax, [rel TABLE + 16]
    ret
;;; c.rs
unsafe extern "C" {
    pub static TABLE: [u64; 2];
    fn third() -> u64;
}

pub fn caller() -> u64 {
    unsafe { third() + TABLE[0] }
}
