; `bsf` and `bsr` leave their target where they search a zero: the address depends on it then. That
; there is a bit is assumed by name (`search-finds`), since the form says so.
; check: --deny possible --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global lowest:function, highest:function, in_a_loop:function
section .text
lowest:
    bsf r11, rsi
    mov rax, [rdi+r11*8]
    ret
highest:
    bsr r11d, esi
    mov rax, [rdi+r11*8]
    ret
in_a_loop:
.next:
    bsf r11, rsi
    add rax, [rdi+r11*8]
    dec rdx
    jnz .next
    ret
