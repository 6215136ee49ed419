; What a linker writes to a pointer to an import is a function that is called by the convention.
; check: --all-exported a.o
;;; a.asm -f win64
extern __imp_helper
global misaligned, aligned, jumps
section .text
misaligned:
    sub rsp, 32
    call [rel __imp_helper]
    add rsp, 32
    ret
aligned:
    sub rsp, 40
    mov rax, [rel __imp_helper]
    call rax
    add rsp, 40
    ret
jumps:
    jmp [rel __imp_helper]
