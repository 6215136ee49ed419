; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
global h:function
section .text
extern g
f:
    sub rsp, 8
    movq mm0, [rdi]
    movq [rdi+8], mm0
    call g
    emms
    add rsp, 8
    ret
h:
    movq mm0, [rdi]
    movq [rdi+8], mm0
    jmp g
