; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global fill:function
section .text
fill:
    add esi, 1
    mov [rdi], esi
    ret
;;; c.rs
unsafe extern "C" {
    fn fill(to: *mut u32);
}

pub unsafe fn caller(to: *mut u32) {
    unsafe { fill(to) };
}
