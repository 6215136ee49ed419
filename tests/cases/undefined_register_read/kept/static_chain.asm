; check: --all-exported a.o
; The closure that a trampoline stands for, as GCC and LLVM pass it by either convention of 64-bit code.
;;; a.asm -f win64
global f
section .text
f:
    mov rax, [r10 + 8]
    ret
