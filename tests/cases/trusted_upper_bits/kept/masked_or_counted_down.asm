; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global sum:function
section .text
sum:
    lea rcx, [rsi + 1] ; of which only low bits count
    and ecx, 7
    xor eax, eax
.next:
    add eax, [rdi + rcx*4]
    sub esi, 1
    ja .next
    shl rdx, 32
    shr rdx, 32
    add eax, [rdi + rdx]
    ret
;;; c.rs
unsafe extern "C" {
    fn sum(of: *const u32, count: u32, from: u32) -> u32;
}

pub unsafe fn caller(of: *const u32, count: u32) {
    unsafe { sum(of, count, 0) };
}
