; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global first:function
section .text
first: ; macros load all that a function may have
    push rdx
    mov r8d, [rsp + 16]
    mov r9d, [rsp + 24]
    movsxd r8, r8d
    add r9, rcx
    mov eax, [rdi]
    pop rdx
    ret
;;; c.rs
unsafe extern "C" {
    fn first(of: *const u32) -> u32;
}

pub unsafe fn caller(of: *const u32) {
    unsafe { first(of) };
}
