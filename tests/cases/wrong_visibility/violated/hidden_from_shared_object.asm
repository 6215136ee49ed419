; run: ld -shared -o lib.so lib.o
; check: --entry start start.o lib.so
;;; start.asm
extern run
global start:function, callback:function hidden
start:
    call run wrt ..plt
    ret
callback:
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; lib.asm
extern callback
global run:function
run:
    jmp callback wrt ..plt
section .note.GNU-stack noalloc noexec nowrite progbits
