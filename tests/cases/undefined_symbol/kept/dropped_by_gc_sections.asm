; check: --entry start --gc-sections start.o
;;; start.asm
extern nowhere
global start:function
start:
    ret
section .text.unused progbits alloc exec
    call nowhere
section .note.GNU-stack noalloc noexec nowrite progbits
