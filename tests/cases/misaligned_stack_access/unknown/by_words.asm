; Words that are no count of the caller's, that begin at an odd one, or of which the code has odd numbers, too.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global from_an_odd_word:function, that_are_read:function, of_odd_numbers_too:function, in_bytes_too:function
section .text
from_an_odd_word:
    sub rsp, 520
    and edi, 63
    movaps [rsp + rdi*8 + 8], xmm0
    add rsp, 520
    ret

that_are_read:
    sub rsp, 520
    mov edi, [rdi]
    and edi, 63
    movaps [rsp + rdi*8], xmm0
    add rsp, 520
    ret

of_odd_numbers_too:
    sub rsp, 520
    and edi, 63
    test edi, 1
    jnz .odd
    add rsi, 8
.odd:
    movaps [rsp + rdi*8], xmm0
    add rsp, 520
    ret

in_bytes_too:
    sub rsp, 520
    and edi, 31
    lea rax, [rsp + rdi*8]
    movaps [rax + rdi], xmm0
    add rsp, 520
    ret
