; run: rustc --edition=2024 --crate-type=lib --emit=obj c.rs
; check: --source c.rs a.o c.o
; By Microsoft's convention a slice is no two numbers: its address and length lie in the caller's memory.
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global sum:function, first:function
section .text
sum:                        ; written for System V's two registers
    xor eax, eax
    add rdx, r8
.next:
    movzx r9d, byte [rcx]
    add rax, r9
    inc rcx
    dec rdx
    jnz .next
    ret
first:
    mov rax, [rcx]
    cmp [rcx + 8], rdx
    jbe .none
    movzx eax, byte [rax + rdx]
    ret
.none:
    xor eax, eax
    ret
;;; c.rs
unsafe extern "win64" {
    #[expect(improper_ctypes, reason = "that is what is asked here")]
    fn sum(bytes: &[u8], start: u64) -> u64;
    #[expect(improper_ctypes, reason = "that is what is asked here")]
    fn first(bytes: &[u8], at: u64) -> u64;
}

pub unsafe fn caller(bytes: &[u8]) -> u64 {
    unsafe { sum(bytes, 1) + first(bytes, 0) }
}
