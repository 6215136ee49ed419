; check: --all-exported --signatures f.ll a.o
; As System V has it, the second number is the second register of numbers: by Microsoft's convention the
; float before it takes that place, and `rdx` is garbage.
;;; a.asm -f win64
global mixed
section .text
mixed:
    lea rax, [rcx + rdx]
    ret
;;; f.ll
declare i64 @mixed(i64, double, i64)
