; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global element:function
section .text
element:
    mov esi, esi
    mov eax, [rdi + rsi*4]
    ret
;;; c.rs
unsafe extern "C" {
    fn element(of: *const u32, index: u32) -> u32;
}

pub unsafe fn caller(of: *const u32, index: u32) {
    unsafe { element(of, index) };
}
