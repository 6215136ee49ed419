; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function, other:function
section .text
f: ; used where the test made no other pointer
    sub rsp, 56
    lea rcx, [rsp + 8]
    test edi, edi
    js .narrow
    lea rcx, [rsp + 16]
.narrow:
    mov [rsp], rsi
    test edi, edi
    jns .done
    movaps [rcx + 16], xmm0
.done:
    add rsp, 56
    ret

other: ; another number is asked than the one that made it
    sub rsp, 56
    lea rcx, [rsp + 8]
    test edi, edi
    js .narrow
    lea rcx, [rsp + 16]
.narrow:
    mov edi, esi
    test edi, edi
    js .done
    movaps [rcx + 16], xmm0
.done:
    add rsp, 56
    ret
