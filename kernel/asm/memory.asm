; The functions that the compiler calls by itself. A C library would bring them; here is none. The
; direction flag is clear, by convention, so that string instructions run upwards.

section .text

; fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8
global memcpy:function (memcpy.end - memcpy)
    align 16
memcpy:
    mov rax, rdi
    mov rcx, rdx
    rep movsb
    ret
.end:

; fn memmove(to: *mut u8, from: *const u8, length: usize) -> *mut u8
global memmove:function (memmove.end - memmove)
    align 16
memmove:
    mov rax, rdi
    mov rcx, rdx
    mov rdx, rdi
    sub rdx, rsi
    cmp rdx, rcx                        ; Unsigned: `to` inside [from, from + length)?
    jb .downwards
    rep movsb
    ret
.downwards:
    lea rdi, [rdi + rcx - 1]
    lea rsi, [rsi + rcx - 1]
    std
    rep movsb
    cld
    ret
.end:

; fn memset(to: *mut u8, byte: i32, length: usize) -> *mut u8
global memset:function (memset.end - memset)
    align 16
memset:
    mov r8, rdi
    mov eax, esi
    mov rcx, rdx
    rep stosb
    mov rax, r8
    ret
.end:

; fn memcmp(left: *const u8, right: *const u8, length: usize) -> i32
global memcmp:function (memcmp.end - memcmp)
    align 16
memcmp:
    xor eax, eax                        ; Also sets ZF: equal, should there be nothing to compare.
    mov rcx, rdx
    repe cmpsb
    je .done
    movzx eax, byte [rdi - 1]
    movzx ecx, byte [rsi - 1]
    sub eax, ecx
.done:
    ret
.end:

; fn bcmp(left: *const u8, right: *const u8, length: usize) -> i32
; Promises less than memcmp: zero, or anything else.
global bcmp:function (bcmp.end - bcmp)
    align 16
bcmp:
    jmp memcmp
.end:

; fn strlen(text: *const c_char) -> usize
global strlen:function (strlen.end - strlen)
    align 16
strlen:
    xor eax, eax
    jmp .test
.next:
    inc rax
.test:
    cmp byte [rdi + rax], 0
    jne .next
    ret
.end:

section .note.GNU-stack noalloc noexec nowrite progbits
