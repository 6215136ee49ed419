; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    fnstcw [rsp-2]
    mov word [rsp-4], 0x0f7f
    fldcw [rsp-4]
    fld qword [rdi]
    fistp qword [rsi]
    test edx, edx
    jz .done
    fldcw [rsp-2]
.done:
    ret
