; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --strict --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global element:function
section .text
element:
    movzx eax, sil
    test dl, dl
    jz .first
    mov eax, [rdi + rax*4]
    ret
.first:
    mov eax, [rdi]
    ret
;;; c.rs
unsafe extern "C" {
    fn element(of: *const u32, index: u8, is_indexed: bool) -> u32;
}

pub unsafe fn caller(of: *const u32, index: u8, is_indexed: bool) -> u32 {
    unsafe { element(of, index, is_indexed) }
}
