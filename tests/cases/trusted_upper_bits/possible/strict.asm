; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --strict --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global element:function
section .text
element:
    ; Zero above the eight bits of the index, if the caller extended it.
    mov eax, esi
    mov eax, [rdi + rax*4]
    ret
;;; c.rs
unsafe extern "C" {
    fn element(of: *const u32, index: u8) -> u32;
}

pub unsafe fn caller(of: *const u32, index: u8) -> u32 {
    unsafe { element(of, index) }
}
