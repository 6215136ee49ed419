; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o d.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global pick:function
section .text
pick:
    mov eax, esi
    mov eax, [rdi + rax]
    ret
;;; c.rs
unsafe extern "C" {
    fn pick(of: *const u8, index: u32) -> u32;
}

pub unsafe fn caller(of: *const u8) {
    unsafe { pick(of, 1) };
}
;;; d.c -O1
#include <stddef.h>
unsigned pick(const char *of, size_t index);

unsigned other(const char *of) {
    return pick(of, 1);
}
