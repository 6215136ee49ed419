; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global kind_of:function
section .text
kind_of:
    shl rsi, 4
    movzx eax, word [rdi + rsi + 8]
    ret
;;; c.rs
#[repr(C)]
pub struct Entry {
    key: u64,
    kind: u16,
}

unsafe extern "C" {
    fn kind_of(table: *const Entry, index: u64) -> u64;
}

pub unsafe fn caller(table: *const Entry) -> u64 {
    unsafe { kind_of(table, 3) }
}
