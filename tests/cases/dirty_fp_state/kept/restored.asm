; check: --all-exported a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
global s:function
global a:function
global r:function
section .text
; The old control words come back from the frame.
f:
    sub rsp, 24
    stmxcsr [rsp]
    fnstcw [rsp+4]
    mov eax, [rsp]
    or eax, 0x6000
    mov [rsp+8], eax
    ldmxcsr [rsp+8]
    mov word [rsp+12], 0x0f7f
    fldcw [rsp+12]
    fld qword [rdi]
    fistp qword [rdi]
    fldcw [rsp+4]
    ldmxcsr [rsp]
    add rsp, 24
    ret
; The status bits are the function's to change.
s:
    stmxcsr [rsp-4]
    and dword [rsp-4], 0xffffffc0
    ldmxcsr [rsp-4]
    ret
; fxsave keeps all of it.
a:
    sub rsp, 520
    fxsave [rsp]
    mov dword [rsp+516], 0x1f80
    ldmxcsr [rsp+516]
    fninit
    movq mm0, [rdi]
    movq [rdi+8], mm0
    fxrstor [rsp]
    add rsp, 520
    ret
; An old value in a register.
r:
    push rax
    stmxcsr [rsp]
    mov eax, [rsp]
    mov dword [rsp], 0x1f80
    ldmxcsr [rsp]
    divps xmm0, xmm1
    mov [rsp], eax
    ldmxcsr [rsp]
    pop rax
    ret
