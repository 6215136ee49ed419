; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global part_of:function
section .text
part_of:
    shl rsi, 4
    mov eax, [rdi + rsi + 6]
    ret
;;; c.rs
#[repr(C)]
pub struct Entry {
    key: u64,
    kind: u16,
}

unsafe extern "C" {
    fn part_of(table: *const Entry, index: u64) -> u64;
}

pub unsafe fn caller(table: *const Entry) -> u64 {
    unsafe { part_of(table, 3) }
}
