; Every exception that can be provoked, provoked for real, for the shell's `fault KIND`.
;
; Each is fn(), or takes one selector, and keeps the System V convention: were its exception not
; raised, or handled, it would return to the shell. src/faults.rs declares them.

    default rel

CODE_64     equ 0x08                    ; As src/gdt.rs lays the table out.
CODE_32     equ 0x18
UNMAPPED    equ 0x5555_5555_5000        ; Canonical, and beyond the first GiB.

; Each has a frame, so that a backtrace goes through it.
%macro fault 1
global %1:function (%1.end - %1)
    align 16
%1:
    push rbp
    mov rbp, rsp
%endmacro

%macro end_fault 0
    pop rbp
    ret
.end:
%endmacro

section .text

fault fault_divide
    mov eax, 1
    xor edx, edx
    xor ecx, ecx
    div ecx
    end_fault

; The trap flag, set by popfq, traps after the instruction that follows it.
fault fault_debug
    pushfq
    pushfq
    or qword [rsp], 1 << 8
    popfq
    nop
    popfq
    end_fault

fault fault_breakpoint
    int3
    end_fault

fault fault_invalid_opcode
    ud2
    end_fault

; CR0.TS says that the floating-point state is somebody else's.
fault fault_device_not_available
    mov rax, cr0
    or rax, 1 << 3
    mov cr0, rax
    fnop
    clts
    end_fault

; fn(absent: u16)
fault fault_segment_not_present
    mov fs, edi
    end_fault

; fn(absent: u16)
fault fault_stack_segment
    mov ss, edi
    end_fault

; fn(beyond: u16)
fault fault_general_protection
    mov fs, edi
    end_fault

fault fault_page
    mov rax, UNMAPPED
    mov qword [rax], 0
    end_fault

; One divided by zero, with every x87 exception unmasked; fwait is where it is reported. The
; control word is left as it was found.
fault fault_x87
    sub rsp, 16
    fnstcw [rsp]
    mov word [rsp + 8], 0x0340          ; The control word: 64-bit mantissa, no masks.
    fninit
    fldcw [rsp + 8]
    fld1
    fldz
    fdivp
    fwait
    fninit
    fldcw [rsp]
    add rsp, 16
    end_fault

; One divided by zero, with every SSE exception unmasked. MXCSR is left as it was found.
fault fault_simd
    sub rsp, 8
    stmxcsr [rsp]
    mov dword [rsp + 4], 0
    ldmxcsr [rsp + 4]
    mov eax, 1
    cvtsi2ss xmm0, eax
    xorps xmm1, xmm1
    divss xmm0, xmm1
    ldmxcsr [rsp]
    add rsp, 8
    end_fault

; `into` and `bound` exist in 32-bit code alone. A far return enters a 32-bit segment, a far jump
; leaves it. Code and stack lie below 4 GiB, so that their addresses keep their meaning. The upper
; halves of general registers are not preserved on the way (Intel SDM vol. 1, 3.4.1.1): of those
; that the caller relies on there are RBX, and RBP, which every fault saves.

fault fault_overflow
    push rbx
    lea rax, [.compatibility]
    push CODE_32
    push rax
    retfq
    bits 32
.compatibility:
    mov al, 0x7f
    add al, 1                           ; Sets OF.
    into
    jmp CODE_64:.long
    bits 64
.long:
    pop rbx
    end_fault

fault fault_bound
    push rbx
    push 0                              ; The bounds: from 0 to 0.
    lea rax, [.compatibility]
    push CODE_32
    push rax
    retfq
    bits 32
.compatibility:
    mov eax, 1
    bound eax, [esp]
    jmp CODE_64:.long
    bits 64
.long:
    pop rax
    pop rbx
    end_fault

section .note.GNU-stack noalloc noexec nowrite progbits
