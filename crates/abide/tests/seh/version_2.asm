; Unwind tables of version 2. Those of `f` are, byte for byte, what LLVM 22 writes for it with
; `.seh_unwindversion 2`, `.seh_startepilogue`, `.seh_unwindv2start` and `.seh_endepilogue`.
bits 64
%macro entry 3
section .pdata rdata align=4
    dd %1 wrt ..imagebase, %2 wrt ..imagebase, %3 wrt ..imagebase
%endmacro

section .text
global f, g
f:
    push rbx
    push r12
    sub rsp, 40
    test rcx, rcx
    je f.other
    call rdx
global f.first, f.first.pops, f.first.rbx, f.first.ret
f.first:
    add rsp, 40
f.first.pops:
    pop r12
f.first.rbx:
    pop rbx
f.first.ret:
    ret
f.other:
    call r8
global f.last, f.last.pops, f.last.rbx, f.last.ret
f.last:
    add rsp, 40
f.last.pops:
    pop r12
f.last.rbx:
    pop rbx
f.last.ret:
    ret
f.end:
; Its one epilogue is far from its end.
g:
    push rbx
global g.pops, g.ret, g.no_epilogue
g.pops:
    pop rbx
g.ret:
    ret
    times 0xfd nop
g.no_epilogue:
    pop rbx
    ret
    nop
g.end:

entry f, f.end, f_info
entry g, g.end, g_info
section .xdata rdata align=8
f_info:
    db 2, 7, 5, 0
    db 0x04, 0x16, 0x0f, 0x06
    db 0x07, 0x42, 0x03, 0xc0, 0x01, 0x30, 0, 0
g_info:
    db 2, 1, 3, 0
    db 0x02, 0x06, 0x02, 0x16
    db 0x01, 0x30, 0, 0
