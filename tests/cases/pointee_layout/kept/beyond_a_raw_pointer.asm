; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global last:function
section .text
last:
    mov rax, [rdi + 8]
    ret
;;; c.rs
unsafe extern "C" {
    fn last(of: *const [u8; 12]) -> u64;
}

pub unsafe fn caller(of: *const [u8; 12]) {
    unsafe { last(of) };
}
