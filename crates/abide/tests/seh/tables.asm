; Entries of every kind: codes of all sizes, a frame register, a parent, a handler, a machine frame.
bits 64
%macro entry 3
section .pdata rdata align=4
    dd %1 wrt ..imagebase, %2 wrt ..imagebase, %3 wrt ..imagebase
%endmacro
; What the first 32 bits say: version and flags, prologue, slots, frame register and its offset.
%macro info 4
    db 1 | %1 << 3, %2, %3, %4
%endmacro
%define code(offset, operation, number) offset, operation | number << 4

section .text
global f, g, h, k, m
extern callee, handler
f:
    push rbx
.pushed:
    sub rsp, 0x30
.allocated:
    movaps [rsp + 0x20], xmm6
.saved:
    call callee
.back:
    movaps xmm6, [rsp + 0x20]
    add rsp, 0x30
    pop rbx
    ret
.end:
g:
    push rbp
.pushed:
    sub rsp, 0x200000
.allocated:
    lea rbp, [rsp + 0x80]
.framed:
    mov [rbp - 0x78], rdi
.rdi:
    mov [rbp + 0x1fff00], rsi
.rsi:
    movaps [rbp + 0x100000], xmm7
.xmm7:
    call callee
    lea rsp, [rbp + 0x1fff80]
    pop rbp
    jmp callee
.end:
h:
    sub rsp, 0x1008
.allocated:
    mov [rsp + 8], r12
    add rsp, 0x1008
    ret
.end:
k:
    push rax
    push r15
    iretq
.end:
m:
    sub rsp, 40
.allocated:
    push r14
    pop r14
    call callee
    nop
    add rsp, 40
    ret
.end:

    entry f, f.end, f_info
    entry g, g.end, g_info
    entry h, h.end, h_info
    entry k, k.end, k_info
    entry m, m.allocated, m_info
    entry m.allocated, m.end, m_child

section .xdata rdata align=4
f_info:
    info 0, f.saved - f, 4, 0
    db code(f.saved - f, 8, 6)
    dw 0x20 / 16
    db code(f.allocated - f, 2, 5)
    db code(f.pushed - f, 0, 3)
g_info:
    info 0, g.xmm7 - g, 13, 5 | 8 << 4
    db code(g.xmm7 - g, 9, 7)
    dd 0x100080
    db code(g.rsi - g, 5, 6)
    dd 0x1fff80
    db code(g.rdi - g, 4, 7)
    dw 8 / 8
    db code(g.framed - g, 3, 0)
    db code(g.allocated - g, 1, 1)
    dd 0x200000
    db code(g.pushed - g, 0, 5)
    db 0, 0
h_info:
    info 3, h.allocated - h, 2, 0
    db code(h.allocated - h, 1, 0)
    dw 0x1008 / 8
    dd handler wrt ..imagebase
k_info:
    info 0, 0, 1, 0
    db code(0, 10, 1)
    db 0, 0
m_info:
    info 0, m.allocated - m, 1, 0
    db code(m.allocated - m, 2, 4)
    db 0, 0
m_child:
    info 4, 2, 1, 0
    db code(2, 0, 14)
    db 0, 0
    dd m wrt ..imagebase, m.allocated wrt ..imagebase, m_info wrt ..imagebase
