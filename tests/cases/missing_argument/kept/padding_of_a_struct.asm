; run: gcc -g -c b.c -o b.o
; check: --root f a.o b.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
extern take
section .text
f:
    sub rsp, 40
    mov byte [rsp], 1
    mov qword [rsp + 8], 2
    mov qword [rsp + 16], 3
    call take
    add rsp, 40
    ret
;;; b.c
struct padded { char c; long l; long m; };
void take(struct padded p) { (void)p; }
