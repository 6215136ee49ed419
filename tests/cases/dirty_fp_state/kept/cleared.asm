; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
global h:function
global x:function
global c:function
global p:function
section .text
extern g
; MMX, and emms on all paths.
f:
    movq mm0, [rdi]
    paddb mm0, mm0
    movq [rdi], mm0
    emms
    ret
; A helper leaves MMX in use; its caller does not.
h:
    call .helper
    emms
    jmp g
.helper:
    movq mm0, [rdi]
    movq [rdi+8], mm0
    ret
; Loads and stores of the x87 stack in pairs, in a loop too.
x:
    fldz
.next:
    fadd dword [rdi]
    fld st0
    fstp dword [rsi]
    add rdi, 4
    add rsi, 4
    dec edx
    jnz .next
    fstp st0
    ret
; What a callee returned in st0 is popped, or given back.
c:
    sub rsp, 8
    call g
    fstp qword [rsp]
    movsd xmm0, [rsp]
    add rsp, 8
    ret
; ffree and fincstp together pop.
p:
    fld1
    ffree st0
    fincstp
    ret
