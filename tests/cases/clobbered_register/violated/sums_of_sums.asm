; Each number is a sum of all that the next has been: within 5,000 turns the first leaves what counters reach.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
global f:function
f:
    xor eax, eax
    xor ecx, ecx
    xor edx, edx
    xor esi, esi
    xor r8d, r8d
    xor r9d, r9d
    mov edi, 6000
.next:
    add rax, rcx
    add rcx, rdx
    add rdx, rsi
    add rsi, r8
    add r8, r9
    inc r9
    dec edi
    jnz .next
    test rax, rax
    jns .end
    xor ebx, ebx
.end:
    ret
