; check: --all-exported a.o
;;; a.asm -f win64
; Prologues, epilogues, a frame register, a parent, a handler and leaves, as Microsoft's unwinder reads them.
%macro entry 3
section .pdata rdata align=4
    dd %1 wrt ..imagebase, %2 wrt ..imagebase, %3 wrt ..imagebase
section .xdata rdata align=4
%3:
%endmacro
%define code(offset, operation, number) offset, operation | number << 4
extern other
extern handler
section .text
global f
f:
    push rbx
.pushed:
    sub rsp, 48
.allocated:
    movaps [rsp + 32], xmm6
.saved:
    movaps xmm6, xmm0
    mov rbx, rcx
    call other
    movaps xmm6, [rsp + 32]
    add rsp, 48
    pop rbx
    ret
.end:
entry f, f.end, f_info
    db 1, f.saved - f, 4, 0
    db code(f.saved - f, 8, 6)
    dw 32 / 16
    db code(f.allocated - f, 2, 5)
    db code(f.pushed - f, 0, 3)
section .text
; SP is aligned behind the prologue; the frame register stays. It saves `rdi` above its base.
global g
g:
    push rbp
.pushed:
    sub rsp, 64
.allocated:
    lea rbp, [rsp + 32]
.framed:
    mov [rbp + 16], rdi
.saved:
    mov rdi, rcx
    sub rsp, 32
    and rsp, -64
    call other
    mov rdi, [rbp + 16]
    lea rsp, [rbp + 32]
    pop rbp
    jmp other
.end:
entry g, g.end, g_info
    db 1, g.saved - g, 5, 5 | 2 << 4
    db code(g.saved - g, 4, 7)
    dw 48 / 8
    db code(g.framed - g, 3, 0)
    db code(g.allocated - g, 2, 7)
    db code(g.pushed - g, 0, 5)
    db 0, 0
section .text
; What is saved on one path only has an entry of its own, with the first for its parent.
global h
h:
    sub rsp, 40
.allocated:
    test ecx, ecx
    jz .out
.more:
    mov [rsp + 32], rsi
.saved:
    mov esi, ecx
    call other
    mov rsi, [rsp + 32]
    jmp .out
.out:
    add rsp, 40
    ret
.end:
entry h, h.more, h_info
    db 1, h.allocated - h, 1, 0
    db code(h.allocated - h, 2, 4)
    db 0, 0
entry h.more, h.out, h_more
    db 1 | 4 << 3, h.saved - h.more, 2, 0
    db code(h.saved - h.more, 4, 6)
    dw 32 / 8
    dd h wrt ..imagebase, h.more wrt ..imagebase, h_info wrt ..imagebase
entry h.out, h.end, h_out
    db 1 | 4 << 3, 0, 0, 0
    dd h wrt ..imagebase, h.more wrt ..imagebase, h_info wrt ..imagebase
section .text
; With a handler, and codes that are right all the same.
global k
k:
    sub rsp, 40
.allocated:
    call other
    nop
    add rsp, 40
    ret
.end:
entry k, k.end, k_info
    db 1 | 3 << 3, k.allocated - k, 1, 0
    db code(k.allocated - k, 2, 4)
    db 0, 0
    dd handler wrt ..imagebase
section .text
; Leaves: one leaves to another function, one has a helper of its own and calls nothing else.
global leaf
leaf:
    mov eax, ecx
    jmp other
global has_helper
has_helper:
    push rbx
    mov rbx, rcx
    call helper
    pop rbx
    ret
helper:
    lea rax, [rbx + 1]
    ret
