; Private helpers of random functions: each keeps something that no convention promises.

keeps_all:
    push rbx
    mov rbx, rcx
    add rbx, rdx
    mov rax, rbx
    pop rbx
    ret

reads_its_return_address:
    test rcx, rcx
    jz .end
    mov rdx, [rsp]
    add rax, rdx
.end:
    ret

pops_its_return_address:
    pop r10
    push r10
    xchg rdx, rcx
    ret

; `ecx` counts, from three at most.
calls_itself:
    and ecx, 3
.again:
    test ecx, ecx
    jz .end
    push rbx
    mov ebx, ecx
    dec ecx
    call .again
    add eax, ebx
    pop rbx
.end:
    ret

calls_itself_between_pushes:
    and eax, 3
.again:
    push r12
    lea r12, [rax+1]
    sub rax, 1
    jc .bottom
    call .again
    jmp .end
.bottom:
    xor eax, eax
.end:
    add rax, r12
    pop r12
    ret

jumps_to_another:
    lea rax, [rcx+rdx*2]
    test al, 1
    jnz keeps_all
    jmp pops_its_return_address

swaps_with_a_caller_saved_register:
    xchg rbx, r8
    call keeps_all
    xchg rbx, r8
    ret

keeps_below_its_stack_pointer:
    mov [rsp-8], r13
    mov r13, rdx
    lea rax, [r13+r13*4]
    mov r13, [rsp-8]
    ret

sets_and_clears_the_direction:
    std
    add rax, rcx
    cld
    ret

changes_bx:
    lea rbx, [rcx+1]
    ret

changes_bp_and_r12:
    mov rbp, rcx
    xor r12d, r12d
    ret

changes_r15_on_one_way:
    cmp rcx, 13
    jne .end
    mov r15, rcx
.end:
    ret

rotates_preserved_registers:
    xchg r12, r13
    xchg r13, r14
    ret

; Words from `rdi` on, as many as `ecx` says.
fills:
    test ecx, ecx
    jz .end
.next:
    mov [rdi+rcx*8-8], rax
    dec rcx
    jnz .next
.end:
    ret
