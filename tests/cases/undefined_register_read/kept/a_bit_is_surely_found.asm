; Where there is a bit, `bsf` and `bsr` leave nothing of their targets.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    or esi, 1
    test esi, esi
    jz .none
    bsf r9d, esi
    mov eax, esi
    bsr r11, rax
    mov rax, [rdi+r9*8]
    add rax, [rdi+r11*8]
.none:
    ret
