; Private helpers of random functions: each keeps something that no convention promises.

keeps_all:
    push ebx
    mov ebx, ecx
    add ebx, edx
    mov eax, ebx
    pop ebx
    ret

reads_its_return_address:
    test ecx, ecx
    jz .end
    mov edx, [esp]
    add eax, edx
.end:
    ret

pops_its_return_address:
    pop eax
    push eax
    xchg edx, ecx
    ret

; `ecx` counts, from three at most.
calls_itself:
    and ecx, 3
.again:
    test ecx, ecx
    jz .end
    push ebx
    mov ebx, ecx
    dec ecx
    call .again
    add eax, ebx
    pop ebx
.end:
    ret

changes_bx:
    lea ebx, [ecx+1]
    ret

changes_si_on_one_way:
    cmp ecx, 13
    jne .end
    mov esi, ecx
.end:
    ret

; Words from `edi` on, as many as `ecx` says.
fills:
    test ecx, ecx
    jz .end
.next:
    mov [edi+ecx*4-4], eax
    dec ecx
    jnz .next
.end:
    ret
