; check: --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global TABLE:data
global END:data
section .rodata
TABLE:
    dd 1, 2
    dd 3, 4
END:
;;; c.rs
unsafe extern "C" {
    static TABLE: u32;
    static END: u8;
}

pub fn length() -> usize {
    unsafe { (&raw const END).addr() - (&raw const TABLE).addr() }
}
