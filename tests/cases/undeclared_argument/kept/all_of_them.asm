; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global copy:function
section .text
copy:
    mov rcx, rdx
    rep movsb
    ret
;;; c.rs
unsafe extern "C" {
    fn copy(to: *mut u8, from: *const u8, count: usize);
}

pub unsafe fn caller(to: *mut u8, from: *const u8) {
    unsafe { copy(to, from, 9) };
}
