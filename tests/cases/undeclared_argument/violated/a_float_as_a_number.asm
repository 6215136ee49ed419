; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global weight:function
section .text
; The bits of a float tell a bucket; Rust hands over an integer.
weight:
    movd eax, xmm0
    shr eax, 23
    mov eax, [rdi + rax*4]
    ret
;;; c.rs
unsafe extern "C" {
    fn weight(of: *const u32, bits: u32) -> u32;
}

pub unsafe fn caller(of: *const u32, bits: u32) {
    unsafe { weight(of, bits) };
}
