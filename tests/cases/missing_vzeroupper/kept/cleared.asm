; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
global a:function
global e:function
global x:function
global t:function
global h:function
section .text
extern g
; Cleared before the return, and before a call.
f:
    sub rsp, 8
    vmovdqu ymm0, [rsi]
    vmovdqu [rdi], ymm0
    vzeroupper
    call g
    add rsp, 8
    ret
; vzeroall clears as well.
a:
    vmovdqu ymm0, [rsi]
    vmovdqu [rdi], ymm0
    vzeroall
    ret
; The registers that only EVEX names need none.
e:
    vmovdqu64 ymm16, [rsi]
    vpaddb zmm31, zmm16, zmm16
    vmovdqu64 [rdi], ymm31
    ret
; 128 bits leave the upper halves alone.
x:
    vmovdqu xmm0, [rsi]
    vpaddb xmm0, xmm0, xmm0
    vmovdqu [rdi], xmm0
    ret
; What only reads takes nothing into use.
t:
    vptest ymm0, ymm1
    setz al
    vextracti128 [rdi], ymm0, 1
    ret
; A helper's are cleared by its caller.
h:
    call .helper
    vzeroupper
    ret
.helper:
    vmovdqu ymm0, [rsi]
    vmovdqu [rdi], ymm0
    ret
