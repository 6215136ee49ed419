; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    test esi, esi
    jz .done
    movq mm0, [rdi]
    psllw mm0, 1
    movq [rdi], mm0
    cmp esi, 4
    ja .done
    emms
.done:
    ret
