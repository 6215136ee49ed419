; example
; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global find:function
section .text
find:
    test rsi, rsi
    jz .none
    mov rax, [rdi]
    ret
.none:
    ret
;;; c.rs
unsafe extern "C" {
    fn find(of: *const u64, count: usize) -> u64;
}

pub unsafe fn caller(of: *const u64, count: usize) {
    unsafe { find(of, count) };
}
