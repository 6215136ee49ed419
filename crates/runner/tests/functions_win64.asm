; Functions that keep Microsoft's convention, and functions that do not.
default rel

; A function's entry among the unwind tables, whose codes follow.
%macro unwound 3
section .pdata rdata align=4
    dd %1 wrt ..imagebase, %2 wrt ..imagebase, %3 wrt ..imagebase
section .xdata rdata align=4
%3:
%endmacro
%define code(offset, operation, number) offset, operation | number << 4

section .text

extern elsewhere
extern __chkstk

; Saves what it changes, which System V would not ask of it.
global kept_saves
kept_saves:
    push rdi
    sub rsp, 16
    movups [rsp], xmm6
    mov rdi, [rcx]
    movups xmm6, [rdx]
    movq rax, xmm6
    add rax, rdi
    movups xmm6, [rsp]
    add rsp, 16
    pop rdi
    ret

; Keeps a value in `rsi` and `xmm7` across a call, beside the callee's home space.
global kept_calls
kept_calls:
    push rsi
.pushed:
    sub rsp, 48
.taken:
    movaps [rsp + 32], xmm7
.saved:
    mov rsi, rcx
    movq xmm7, rdx
    test cl, 0x33
    jz .done
    call elsewhere
.done:
    movq rax, xmm7
    add rax, rsi
    movaps xmm7, [rsp + 32]
    add rsp, 48
    pop rsi
    ret
.end:
unwound kept_calls, kept_calls.end, kept_calls_codes
    db 1, kept_calls.saved - kept_calls, 4, 0
    db code(kept_calls.saved - kept_calls, 8, 7)
    dw 32 / 16
    db code(kept_calls.taken - kept_calls, 2, 5)
    db code(kept_calls.pushed - kept_calls, 0, 6)
section .text

; Three pages, which are touched before they are taken.
global kept_large_frame
kept_large_frame:
    mov eax, 0x3008
    call __chkstk
    sub rsp, rax
    mov [rsp + rax - 16], rcx
    mov [rsp], rcx
    add rsp, 0x3008
    ret

global clobbers_vector
clobbers_vector:
    test cl, 4
    jz .done
    xorps xmm6, xmm6
.done:
    ret

global clobbers_index
clobbers_index:
    mov rdi, rcx
    xor eax, eax
    ret

; What it keeps lies in the home space of its callee.
global keeps_in_home_space
keeps_in_home_space:
    push rbx
.pushed:
    sub rsp, 32
.taken:
    mov [rsp + 8], rbx
    xor ebx, ebx
    call elsewhere
    mov rbx, [rsp + 8]
    add rsp, 32
    pop rax
    ret
.end:
unwound keeps_in_home_space, keeps_in_home_space.end, keeps_in_home_space_codes
    db 1, keeps_in_home_space.taken - keeps_in_home_space, 2, 0
    db code(keeps_in_home_space.taken - keeps_in_home_space, 2, 3)
    db code(keeps_in_home_space.pushed - keeps_in_home_space, 0, 3)
section .text

global leaves_upper_halves
leaves_upper_halves:
    vpcmpeqd ymm0, ymm0, ymm0
    ret

global leaves_rounding
leaves_rounding:
    stmxcsr [rsp + 8]
    or dword [rsp + 8], 0x6000
    ldmxcsr [rsp + 8]
    ret

global steps_over_pages
steps_over_pages:
    sub rsp, 0x4008
    mov [rsp], rcx
    add rsp, 0x4008
    ret

; Two pages, each touched before SP moves.
global kept_probed_frame
kept_probed_frame:
    mov eax, [rsp - 0x1000]
    mov eax, [rsp - 0x2000]
    sub rsp, 0x2008
    mov [rsp], rcx
    add rsp, 0x2008
    ret

; The page between is not touched, SP not moved yet.
global probes_too_far
probes_too_far:
    mov eax, [rsp - 0x2000]
    sub rsp, 0x2008
    mov [rsp], rcx
    add rsp, 0x2008
    ret
