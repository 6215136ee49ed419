; run: ar crs lib.a old.o add.o
; check: --entry start start.o lib.a
;;; start.asm
extern add_one
global start:function
start:
    jmp add_one
section .note.GNU-stack noalloc noexec nowrite progbits
;;; add.asm
global add_one:function
add_one:
    lea eax, [rdi + 1]
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; old.asm -f elf32
global old:function
old:
    ret
