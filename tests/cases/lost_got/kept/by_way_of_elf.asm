; check: -T flat.ld a.o b.o
;;; a.asm
default rel
global start:function
extern print, line
start:
    mov rdi, [line wrt ..got]
    call [print wrt ..got]
    hlt
section .note.GNU-stack noalloc noexec nowrite progbits
;;; b.asm
global print:function, line:data
section .text
print:
    ret
section .data
line: db "a", 10
section .note.GNU-stack noalloc noexec nowrite progbits
;;; flat.ld
ENTRY(start)
OUTPUT_FORMAT(elf64-x86-64)
SECTIONS { . = 0x7e00; .text : { *(.text) } .data : { *(.data) } .got : { *(.got) } }
