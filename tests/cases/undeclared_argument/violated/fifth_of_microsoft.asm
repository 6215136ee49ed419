; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global four:function
global five:function
section .text
four:                     ; the fifth argument, which there is none
    mov rax, rcx
    add rax, [rsp + 40]
    ret
five:
    mov rax, rcx
    add rax, [rsp + 40]
    ret
;;; c.rs
unsafe extern "win64" {
    fn four(a: u64, b: u64, c: u64, d: u64) -> u64;
    fn five(a: u64, b: u64, c: u64, d: u64, e: u64) -> u64;
}

pub unsafe fn caller() -> u64 {
    unsafe { four(1, 2, 3, 4) + five(1, 2, 3, 4, 5) }
}
