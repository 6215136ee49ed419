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
; The epilogue is told to begin where the call returns to, before SP is moved.
global told_too_early
told_too_early:
    push rbx
.pushed:
    sub rsp, 32
.allocated:
    mov rbx, rcx
    call other
.back:
    add rsp, 32
    pop rbx
    ret
.end:
entry told_too_early, told_too_early.end, early_info
    db 2, told_too_early.allocated - told_too_early, 4, 0
    db epilogues(told_too_early.end - told_too_early.back, 1)
    db epilogue(0)
    db code(told_too_early.allocated - told_too_early, 2, 3)
    db code(told_too_early.pushed - told_too_early, 0, 3)
section .text
; Nothing tells of its epilogue, and nobody looks at the instructions.
global not_told
not_told:
    push rbx
.pushed:
    sub rsp, 32
.allocated:
    mov rbx, rcx
    call other
    add rsp, 32
    pop rbx
    ret
.end:
entry not_told, not_told.end, not_told_info
    db 2, not_told.allocated - not_told, 2, 0
    db code(not_told.allocated - not_told, 2, 3)
    db code(not_told.pushed - not_told, 0, 3)
