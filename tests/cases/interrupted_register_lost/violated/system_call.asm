; check: a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global init:function
section .text

%macro gate 3 ; vector, handler, kind
    lea rax, [rel %2]
    lea rdi, [rel gates + %1 * 16]
    mov [rdi], ax
    mov word [rdi + 2], 8
    mov word [rdi + 4], %3
    shr rax, 16
    mov [rdi + 6], ax
    shr rax, 16
    mov [rdi + 8], eax
%endmacro

; Programs enter the one gate by `int 0x80`, since its privilege level is 3, and may know that `r11`
; is lost; the timer comes when it likes.
init:
    gate 0x80, system_call, 0xee00
    gate 0x20, timer, 0x8e00
    lidt [rel pointer]
    ret

system_call:
    mov r11, cr0
    iretq

timer:
    mov r10, cr0
    iretq

section .data
pointer:
    dw 256 * 16 - 1
    dq gates

section .bss
    align 16
gates: resb 256 * 16
