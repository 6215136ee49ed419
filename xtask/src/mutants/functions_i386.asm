; Functions of 32-bit code that keep the contract in the usual ways: what the bounded test breaks.

bits 32
extern callee
section .text

global saves_by_push
saves_by_push:
    push ebx
    push ebp
    push esi
    push edi
    sub esp, 12
    mov ebx, [esp + 32]
    mov esi, [esp + 36]
    mov edi, [esp + 40]
    mov ebp, [esp + 44]
    test ebx, ebx
    jz .done
    mov [esp + 4], ebx
    call callee
    add eax, [esp + 4]
    add eax, esi
.done:
    add esp, 12
    pop edi
    pop esi
    pop ebp
    pop ebx
    ret

global saves_by_mov
saves_by_mov:
    sub esp, 28
    mov [esp + 4], ebx
    mov [esp + 8], ebp
    mov [esp + 12], esi
    mov eax, [esp + 32]
    mov ebx, [eax]
    mov ebp, [eax + 4]
    mov esi, [eax + 8]
    call callee
    lea eax, [ebx + ebp]
    add eax, esi
    mov ebx, [esp + 4]
    mov ebp, [esp + 8]
    mov esi, [esp + 12]
    add esp, 28
    ret

global keeps_a_frame_pointer
keeps_a_frame_pointer:
    push ebp
    mov ebp, esp
    push ebx
    push esi
    sub esp, 32
    and esp, -16
    mov ebx, [ebp + 8]
    mov esi, [ebp + 12]
    call callee
    lea eax, [ebx + esi]
    lea esp, [ebp - 8]
    pop esi
    pop ebx
    pop ebp
    ret

global has_an_unwind_table
has_an_unwind_table:
    push ebx
.pushed_one:
    push esi
.pushed_two:
    sub esp, 4
.moved:
    mov ebx, [esp + 16]
    mov esi, [esp + 20]
    call callee
    lea eax, [ebx + esi]
    add esp, 4
.back:
    pop esi
.popped_one:
    pop ebx
.popped_two:
    ret
.end:

section .eh_frame noexec nowrite align=4
; What each call frame instruction is called in DWARF.
%define ADVANCE(by) 0x40 | (by)
%define FRAME_OFFSET 0x0e
%define SAVED(register) 0x80 | (register)
shared:
    dd .end - $ - 4
    dd 0
    db 1, "zR", 0, 1, 0x7c, 8
    db 1, 0x1b
    db 0x0c, 4, 4, SAVED(8), 1
    align 4, db 0
.end:
entry:
    dd .end - $ - 4
    dd entry + 4 - shared
    dd has_an_unwind_table - $
    dd has_an_unwind_table.end - has_an_unwind_table
    db 0
    db ADVANCE(has_an_unwind_table.pushed_one - has_an_unwind_table), FRAME_OFFSET, 8, SAVED(3), 2
    db ADVANCE(has_an_unwind_table.pushed_two - has_an_unwind_table.pushed_one), FRAME_OFFSET, 12
    db SAVED(6), 3
    db ADVANCE(has_an_unwind_table.moved - has_an_unwind_table.pushed_two), FRAME_OFFSET, 16
    db ADVANCE(has_an_unwind_table.back - has_an_unwind_table.moved), FRAME_OFFSET, 12
    db ADVANCE(has_an_unwind_table.popped_one - has_an_unwind_table.back), FRAME_OFFSET, 8
    db ADVANCE(has_an_unwind_table.popped_two - has_an_unwind_table.popped_one), FRAME_OFFSET, 4
    align 4, db 0
.end:
    dd 0
