; check: --shared a.o
;;; a.asm
default rel
global pick:function
pick:
    lea rax, [.table]
    jmp [rax + 8 * rdi]
.table:
    dq .one, .two
.one:
    ret
.two:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
