; run: ld -shared -z notext -o lib.so a.o 2>/dev/null
; check: lib.so
;;; a.asm
global pick:function
pick:
    mov rax, .here
.here:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
