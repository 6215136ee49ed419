; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global sum:function
section .text
sum:
    xor eax, eax
.next:
    test rsi, rsi
    jz .done
    mov ecx, [rdi + rsi*4 - 4]
    add rax, rcx
    dec rsi
    jmp .next
.done:
    ret
;;; c.rs
unsafe extern "C" {
    fn sum(of: *const u32, count: u32) -> u64;
}

pub unsafe fn caller(of: *const u32, count: u32) {
    unsafe { sum(of, count) };
}
