; A loop moves SP through its frame, with calls in it, and counts its turns by a register that begins
; with a number: where it ends SP is known.
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .text
f:
    sub rsp, 0x1008
    or qword [rsp], 0
    mov r10, -16
.loop:
    lea rdi, [rsi+r10*8]
    call helper
    add rsp, 0x200
    add r10, 2
    jl .loop
    add rsp, 8
    ret
helper:
    movdqa xmm0, [rsp+0x38]
    movups [rdi+64], xmm0
    ret
