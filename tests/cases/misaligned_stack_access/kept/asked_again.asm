; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function, turns:function
section .text
f: ; the pointer is used where the same test made it
    sub rsp, 56
    test edi, edi
    js .narrow
    lea rcx, [rsp + 16]
.narrow:
    mov [rsp], rsi
    call helper
    test edi, edi
    js .done
    movaps [rcx + 16], xmm0
.done:
    add rsp, 56
    ret

turns: ; and again in each turn of a loop
    sub rsp, 56
.row:
    test edi, edi
    js .narrow
    lea rcx, [rsp + 16]
.narrow:
    mov [rsp], rsi
    test edi, edi
    js .done
    movaps [rcx + 16], xmm0
.done:
    dec rsi
    jnz .row
    add rsp, 56
    ret

helper:
    pxor xmm0, xmm0
    ret
