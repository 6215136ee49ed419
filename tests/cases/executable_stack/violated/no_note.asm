; example
; check: a.o
;;; a.asm
global add_one:function
add_one:
    lea eax, [rdi + 1]
    ret
