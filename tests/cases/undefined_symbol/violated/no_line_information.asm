; check: --complete start.o
;;; start.asm -f elf64
extern add_one, add_two
global start:function
start:
    call add_one
    call add_one
    jmp add_two
section .note.GNU-stack noalloc noexec nowrite progbits
