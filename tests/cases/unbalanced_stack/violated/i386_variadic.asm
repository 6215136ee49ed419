; check: --all-exported --signatures a.ll a.o
; format: elf32
; A caller of a variadic function takes its arguments back: `f` does so, too, and `g` leaves what it passed.
;;; a.asm
bits 32
global f:function, g:function
extern print
section .text
f:
    mov eax, [esp + 8]
    ret 4
g:
    sub esp, 8
    push dword [esp + 12]
    call print
    add esp, 8
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; a.ll
declare i32 @f(ptr, ...)
declare i32 @print(ptr, ...)
declare i32 @g(ptr)
