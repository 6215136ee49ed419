; check: --all-exported --signatures g.ll a.o
;;; a.asm -f win64
global f
extern g
section .text
f:
    sub rsp, 40
.end_prologue:
    mov ecx, 1
    mov edx, 2
    mov r8d, 3
    mov r9d, 4
    call g
    add rsp, 40
    ret
.end:
section .pdata rdata align=4
    dd f wrt ..imagebase, f.end wrt ..imagebase, told wrt ..imagebase
section .xdata rdata align=8
told:
    db 1, f.end_prologue - f, 1, 0
    db f.end_prologue - f, 0x42
    dw 0
;;; g.ll
declare win64cc void @g(i64, i64, i64, i64, i32)
