; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global pick:function
section .text
pick: ; Clang and rustc extend what is narrower to 32 bits
    test esi, esi
    js .negative
    mov eax, esi
    mov eax, [rdi + rax*4]
    ret
.negative:
    xor eax, eax
    ret
;;; c.rs
unsafe extern "C" {
    fn pick(of: *const u32, index: i8) -> u32;
}

pub unsafe fn caller(of: *const u32, index: i8) {
    unsafe { pick(of, index) };
}
