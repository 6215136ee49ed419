; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global seventh:function
section .text
seventh:
    mov rax, [rsp + 8]
    mov rax, [rax]
    ret
;;; c.rs
unsafe extern "C" {
    fn seventh(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> u64;
}

pub unsafe fn caller() {
    unsafe { seventh(1, 2, 3, 4, 5, 6) };
}
