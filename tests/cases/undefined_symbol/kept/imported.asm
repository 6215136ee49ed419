; A library with one member, an import in its short form.
; check: --entry start a.o library.o
;;; library.asm -f bin
    db "!<arch>", 10
    db "k.dll/          0           0     0     644     33        `", 10
    dw 0, 0xffff, 0, 0x8664
    dd 0, names.end - names
    dw 0, 1 << 2
names:
    db "helper", 0, "k.dll", 0
.end:
    db 10
;;; a.asm -f win64
global start
extern helper
extern __imp_helper
section .text
start:
    sub rsp, 40
    call helper
    call [rel __imp_helper]
    add rsp, 40
    ret
