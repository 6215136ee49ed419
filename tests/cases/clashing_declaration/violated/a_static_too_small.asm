; check: --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global TABLE:data
section .rodata
TABLE:
    dd 1, 2, 3, 4
;;; c.rs
unsafe extern "C" {
    static TABLE: [u64; 4];
}

pub fn last() -> u64 {
    unsafe { TABLE[3] }
}
