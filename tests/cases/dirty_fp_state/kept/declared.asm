; check: --config abide.toml --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global l:function
global round:function
section .text
l:
    fld tword [rsp+8]
    fsqrt
    ret
round:
    fnstcw [rsp-2]
    mov ax, [rsp-2]
    and ah, 0xf3
    or ah, 4
    mov [rsp-2], ax
    fldcw [rsp-2]
    ret
;;; abide.toml
[[contract]]
symbols = ["l"]
results = ["st0"]
reason = "it returns a long double"
[[contract]]
symbols = ["round"]
clobbers = ["x87cw"]
reason = "to round in another way is its purpose"
