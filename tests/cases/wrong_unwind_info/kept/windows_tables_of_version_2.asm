; check: --all-exported a.o
;;; a.asm -f win64
; Tables of version 2 tell where epilogues pop.
%macro entry 3
section .pdata rdata align=4
    dd %1 wrt ..imagebase, %2 wrt ..imagebase, %3 wrt ..imagebase
section .xdata rdata align=4
%3:
%endmacro
%define code(offset, operation, number) offset, operation | number << 4
; The bytes of each epilogue, and whether one ends the function; how far before the end one begins.
%define epilogues(bytes, at_end) bytes, 6 | at_end << 4
%define epilogue(before) (before) & 0xff, 6 | (before) >> 8 << 4
extern other
section .text
global f
f:
    push rbx
.rbx:
    push r12
.r12:
    sub rsp, 40
.allocated:
    mov rbx, rcx
    test rcx, rcx
    jz .other
    call other
    ; No instruction tells an unwinder that an epilogue begins: control may be here behind a call.
    add rsp, 40
.pops:
    pop r12
    pop rbx
    ret
.other:
    call other
    add rsp, 40
    pop r12
    pop rbx
    ret
.end:
entry f, f.end, f_info
    db 2, f.allocated - f, 5, 0
    db epilogues(4, 1)
    db epilogue(f.end - f.pops)
    db code(f.allocated - f, 2, 4)
    db code(f.r12 - f, 0, 12)
    db code(f.rbx - f, 0, 3)
    db 0, 0
section .text
; Its one way out is a jump; a word is dropped last.
global g
g:
    sub rsp, 8
.aligned:
    push rbx
.rbx:
    sub rsp, 40
.allocated:
    mov rbx, rcx
    call other
    mov rcx, rbx
    add rsp, 40
    pop rbx
    add rsp, 8
    jmp other
.end:
entry g, g.end, g_info
    db 2, g.allocated - g, 5, 0
    db epilogues(10, 1)
    db epilogue(0)
    db code(g.allocated - g, 2, 4)
    db code(g.rbx - g, 0, 3)
    db code(g.aligned - g, 2, 0)
    db 0, 0
