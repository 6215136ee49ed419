; check: --all-exported a.o
;;; a.asm
; The base of FS is an address of the frame: a store by it may go to the word that is added to SP.
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    sub rsp, 16
    mov qword [rsp + 8], 16
    wrfsbase rsp
    mov [fs:8], rdi
    add rsp, [rsp + 8]
    ret
