; Functions that keep the System V convention, and functions that do not.
default rel
section .text

extern elsewhere

; Saves what it changes, and sums what two arguments point to.
global kept_saves:function
kept_saves:
    push rbx
    push r12
    mov rbx, [rdi]
    mov r12, [rsi]
    lea rax, [rbx + r12]
    pop r12
    pop rbx
    ret

; Calls with its stack aligned, on one of two ways.
global kept_calls:function
kept_calls:
    test edi, 1
    jz .done
    sub rsp, 8
    call elsewhere wrt ..plt
    add rsp, 8
.done:
    ret

; Leaves rbx changed on one of two ways.
global clobbers_on_one_path:function
clobbers_on_one_path:
    test edi, 16
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
    call elsewhere wrt ..plt
    ret

global pops_too_much:function
pops_too_much:
    pop rax
    add rsp, 16
    jmp rax

global steps_over_pages:function
steps_over_pages:
    sub rsp, 0x4000
    mov [rsp], rax
    add rsp, 0x4000
    ret

; Keeps rbx if its index is even.
global jumps_by_table:function
jumps_by_table:
    lea rdx, [table]
    and edi, 3
    movsxd rax, dword [rdx + rdi * 4]
    add rax, rdx
jumps_by_table.jump:
    jmp rax
jumps_by_table.even:
    ret
jumps_by_table.odd:
    xor ebx, ebx
    ret

; Keeps rbx while its index is below 2: `stos` names no operand that tells where it writes.
global fills_by_index:function
fills_by_index:
    push rbx
    sub rsp, 16
    and esi, 3
    lea rdi, [rsp + rsi * 8]
    xor eax, eax
    mov ecx, 1
    rep stosq
    xor ebx, ebx
    add rsp, 16
    pop rbx
    ret

; Writes over its own store, or through a pointer: code may not be written, so that the one ends the run.
global kept_store:function
kept_store:
    push rbx
    lea rax, [.store]
    test edi, 1
    cmovz rax, rsi
.store:
    mov [rax], edi
    pop rbx
    ret

; Goes where an entry leads: an index that is no whole number of them reads parts of two.
global kept_entries:function
kept_entries:
    lea rdx, [entries]
    add edi, edi
    movsxd rax, dword [rdx + rdi]
    add rax, rdx
    std
    jmp rax
.first:
    cld
    ret
.second:
    cld
    lea rax, [rsi + 1]
    ret

section .rodata
entries:
    dd kept_entries.first - entries, kept_entries.second - entries
table:
    dd jumps_by_table.even - table, jumps_by_table.odd - table
    dd jumps_by_table.even - table, jumps_by_table.odd - table

section .note.GNU-stack noalloc noexec nowrite progbits
