; One obstacle behind many roots is one question, whose answer names them all.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
%assign number 0
%rep 40
global stub_ %+ number:function
stub_ %+ number:
    push number
    jmp shared
%assign number number + 1
%endrep
shared:
    add rsp, 8
    iretq
