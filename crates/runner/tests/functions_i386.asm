; Functions that keep cdecl, and functions that do not.
bits 32
section .text

extern elsewhere

; Saves what it changes, and sums what two arguments point to.
global kept_saves:function
kept_saves:
    push ebx
    push esi
    mov eax, [esp + 12]
    mov ebx, [eax]
    mov eax, [esp + 16]
    mov esi, [eax]
    lea eax, [ebx + esi]
    pop esi
    pop ebx
    ret

; Calls with its stack aligned, on one of two ways.
global kept_calls:function
kept_calls:
    cmp dword [esp + 4], 32
    jb .done
    sub esp, 12
    call elsewhere
    add esp, 12
.done:
    ret

; Leaves ebx changed on one of two ways.
global clobbers_on_one_path:function
clobbers_on_one_path:
    test byte [esp + 4], 16
    jz .done
    xor ebx, ebx
.done:
    ret

global leaves_direction_set:function
leaves_direction_set:
    std
    ret

global calls_misaligned:function
calls_misaligned:
    call elsewhere
    ret

; No call leaves this file: only the steps show that one.
global calls_inside_misaligned:function
calls_inside_misaligned:
    push dword [esp + 8]
    push dword [esp + 8]
    call kept_saves
    add esp, 8
    ret

global pops_too_much:function
pops_too_much:
    pop eax
    add esp, 8
    jmp eax

global steps_over_pages:function
steps_over_pages:
    sub esp, 0x4000
    mov [esp], eax
    add esp, 0x4000
    ret

global leaves_rounding:function
leaves_rounding:
    fldcw [.word]
    ret
section .rodata
leaves_rounding.word:
    dw 0x0f7f
section .text

; Keeps ebx if its index is even.
global jumps_by_table:function
jumps_by_table:
    mov eax, [esp + 4]
    and eax, 3
    mov eax, [table + eax * 4]
jumps_by_table.jump:
    jmp eax
jumps_by_table.even:
    ret
jumps_by_table.odd:
    xor ebx, ebx
    ret

section .rodata
align 4
table:
    dd jumps_by_table.even, jumps_by_table.odd
    dd jumps_by_table.even, jumps_by_table.odd
