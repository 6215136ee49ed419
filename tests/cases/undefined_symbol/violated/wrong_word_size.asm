; The object itself is a finding too, of another rule.
; check: --entry start --allow foreign_object start.o more.o add.o
;;; start.asm
extern add_one
global start:function
start:
    call add_one
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; more.asm
section .note.GNU-stack noalloc noexec nowrite progbits
;;; add.asm -f elf32
global add_one:function
add_one:
    mov eax, [esp + 4]
    inc eax
    ret
