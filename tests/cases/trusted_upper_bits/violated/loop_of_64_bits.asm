; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global sum:function
section .text
sum:
    xor eax, eax
    test esi, esi
    jz .out
.next:
    add rax, [rdi]
    add rdi, 8
    dec rsi
    jnz .next
.out:
    ret
;;; c.rs
unsafe extern "C" {
    fn sum(of: *const u64, count: u32) -> u64;
}

pub unsafe fn caller(of: *const u64, count: u32) {
    unsafe { sum(of, count) };
}
