; No label is left of these tables, and the first entry of the second one would lead into the function of
; the first one, behind where `r11` is set. It fits its own function better.
; run: objcopy --strip-unneeded a.o
; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
section .rodata
one:
    dw 0, f1 - f0, f2 - f0
other:
    dw g1 - g0, g2 - g0, g1 - g0
section .text
global f:function
f:
    lea rax, [rel f0]
    mov ecx, edi
    movzx ecx, word [rax + rcx*2 + one - f0]
    add rcx, rax
    jmp rcx
f0:
    mov r11d, [rsi]
    mov rax, [rsi + r11]
    ret
f1:
    mov qword [rsi], 1
    ret
f2:
    mov qword [rsi], 2
    ret
global g:function
g:
    lea rdx, [rel g0]
    mov ecx, edi
    movzx ecx, word [rdx + rcx*2 + other - g0 - 2]
    add rcx, rdx
    jmp rcx
g0:
    times 3 nop
g1:
    mov qword [rsi], 1
    ret
    times 64 int3
g2:
    mov qword [rsi], 2
    ret
