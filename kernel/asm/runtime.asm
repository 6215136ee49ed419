; What stands before Rust: `start`, where the boot sector jumps to, and the stacks.
;
; `start` gives Rust what it takes for granted: a zeroed .bss, a stack that faults where it ends,
; and the SSE unit. It then calls `main`, which never returns.

    default rel

PAGE        equ 4096
PAGE_TABLE  equ 0x4000                  ; Of the first 2 MiB; boot.asm made it.

; Takes the page at %1 out of the page table. Changes RAX.
%macro unmap 1
    mov eax, %1
    shr eax, 12
    mov qword [abs PAGE_TABLE + rax * 8], 0
    invlpg [%1]
%endmacro

; A stack of %2 bytes above a guard page: %1_guard and %1_top.
%macro stack 2
global %1_guard:data (PAGE)
global %1_top:data (0)
%1_guard:
    resb PAGE
    resb %2
%1_top:
%endmacro

extern main
extern bss_start
extern bss_end

; First in the image: linker.ld puts this section at 0x7e00.
section .text.start progbits alloc exec nowrite align=16

global start:function (start.end - start)
start:
    cli
    cld
    mov edi, bss_start
    mov ecx, bss_end
    sub ecx, edi
    xor eax, eax
    rep stosb

    unmap kernel_stack_guard
    unmap interrupt_stack_guard
    unmap exception_stack_guard
    unmap double_fault_stack_guard

    mov rax, cr0
    and rax, ~(1 << 2)                  ; EM off: there is a floating-point unit,
    or rax, 1 << 1 | 1 << 5             ; MP: it obeys TS; NE: it reports by #MF.
    mov cr0, rax
    mov rax, cr4
    or rax, 1 << 6 | 1 << 9 | 1 << 10   ; MCE, OSFXSR and OSXMMEXCPT
    mov cr4, rax
    fninit
    ldmxcsr [default_mxcsr]

    mov rsp, kernel_stack_top
    xor ebp, ebp                        ; Ends the chain of frames that a backtrace follows.
    call main
    ud2
.end:

section .rodata

; Every exception masked, round to nearest: what Rust code is compiled for.
global default_mxcsr:data (4)
    align 4
default_mxcsr:
    dd 0x1f80

section .bss nobits alloc write noexec align=4096

stack kernel_stack, 16 * PAGE
stack interrupt_stack, 4 * PAGE
stack exception_stack, 4 * PAGE
stack double_fault_stack, 4 * PAGE

section .note.GNU-stack noalloc noexec nowrite progbits
