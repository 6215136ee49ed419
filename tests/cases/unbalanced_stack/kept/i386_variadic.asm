; check: --all-exported --signatures a.ll a.o
; format: elf32
; How many arguments there are a variadic function learns from the first: it walks the others. What it calls is one
; as well, and is handed more than its declaration names.
;;; a.asm
bits 32
global sum:function, report:function
extern print
section .text
sum:
    xor eax, eax
    mov ecx, [esp + 4]
    lea edx, [esp + 8]
.next:
    test ecx, ecx
    jz .end
    add eax, [edx]
    add edx, 4
    dec ecx
    jmp .next
.end:
    ret
report:
    push dword 2
    push dword 1
    push dword [esp + 12]
    call print
    add esp, 12
    ret
section .note.GNU-stack noalloc noexec nowrite progbits
;;; a.ll
declare i32 @sum(i32, ...)
declare i32 @print(ptr, ...)
declare i32 @report(ptr)
