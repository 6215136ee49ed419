; Where the hardware enters: one wrapper an interrupt, one stub an exception.
;
; Whatever was interrupted owns every register, the flags and up to 128 bytes below its stack
; pointer (the red zone). The gates' own stacks (IST) keep the red zone; the processor keeps RIP,
; RFLAGS and RSP; the wrappers here keep the rest. RBX and R12 to R15 are the Rust handler's to
; preserve, the others and the whole x87/SSE state are saved here, because `core` uses XMM freely.

    default rel

extern default_mxcsr

; The nine general registers that a System V function may change.
CALLER_SAVED equ 9 * 8
FXSAVE_AREA  equ 512

%macro save_caller_saved 0
    push rax
    push rcx
    push rdx
    push rsi
    push rdi
    push r8
    push r9
    push r10
    push r11
%endmacro

%macro restore_caller_saved 0
    pop r11
    pop r10
    pop r9
    pop r8
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rax
%endmacro

; NO_FXSAVE is the experiment that shows what the saving is good for.
%macro save_floating_point 0
%ifndef NO_FXSAVE
    fxsave64 [rsp]
    fninit
    ldmxcsr [default_mxcsr]
%endif
%endmacro

%macro restore_floating_point 0
%ifndef NO_FXSAVE
    fxrstor64 [rsp]
%endif
%endmacro

; The wrapper %1 of an interrupt without error code, for the Rust function %2.
; RBP makes a frame in the usual shape, [rbp + 8] being the interrupted RIP: a backtrace walks
; straight through it.
%macro interrupt_wrapper 2
extern %2
global %1:function (%1.end - %1)
    align 16
%1:
    push rbp
    mov rbp, rsp
    save_caller_saved
    sub rsp, FXSAVE_AREA
    and rsp, -16
    save_floating_point
    cld
    call %2
    restore_floating_point
    lea rsp, [rbp - CALLER_SAVED]
    restore_caller_saved
    pop rbp
    iretq
.end:
%endmacro

; The stub of exception %1 for which the processor pushes no error code: a zero stands in.
%macro exception_stub 1
global exception_stub_%1:function (exception_stub_%1.end - exception_stub_%1)
    align 16
exception_stub_%1:
    push 0
    push %1
    jmp exception_common
.end:
%endmacro

; The stub of exception %1 for which the processor pushes an error code.
%macro exception_stub_with_code 1
global exception_stub_%1:function (exception_stub_%1.end - exception_stub_%1)
    align 16
exception_stub_%1:
    push %1
    jmp exception_common
.end:
%endmacro

section .text

interrupt_wrapper _interrupt_handler_timer_wrapper, _interrupt_handler_timer
interrupt_wrapper _interrupt_handler_kbd_wrapper, _interrupt_handler_kbd
interrupt_wrapper _interrupt_handler_irq7_wrapper, _interrupt_handler_irq7
interrupt_wrapper _interrupt_handler_irq15_wrapper, _interrupt_handler_irq15

exception_stub 0
exception_stub 1
exception_stub 2
exception_stub 3
exception_stub 4
exception_stub 5
exception_stub 6

; #NM comes because CR0.TS is set, and TS would make the fxsave64 below fault again.
global exception_stub_7:function (exception_stub_7.end - exception_stub_7)
    align 16
exception_stub_7:
    clts
    push 0
    push 7
    jmp exception_common
.end:

exception_stub_with_code 8
exception_stub 9
exception_stub_with_code 10
exception_stub_with_code 11
exception_stub_with_code 12
exception_stub_with_code 13
exception_stub_with_code 14
exception_stub 15
exception_stub 16
exception_stub_with_code 17
exception_stub 18
exception_stub 19
exception_stub 20
exception_stub_with_code 21
exception_stub 22
exception_stub 23
exception_stub 24
exception_stub 25
exception_stub 26
exception_stub 27
exception_stub 28
exception_stub_with_code 29
exception_stub_with_code 30
exception_stub 31

; All exceptions meet here, with the vector and the error code on the stack. The pushes below
; complete the structure `Exception` of src/exceptions.rs: its fields stand in their reverse order.
extern exception_handler
static exception_common:function (exception_common.end - exception_common)
    align 16
exception_common:
    push rax
    push rcx
    push rdx
    push rbx
    push rbp
    push rsi
    push rdi
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    mov rdi, rsp                        ; exception: *const Exception
    mov rbx, rsp                        ; The handler preserves RBX.
    sub rsp, FXSAVE_AREA                ; Aligned: 22 words lie above, under an aligned stack.
    save_floating_point
    cld
    call exception_handler
    restore_floating_point
    mov rsp, rbx
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rdi
    pop rsi
    pop rbp
    pop rbx
    pop rdx
    pop rcx
    pop rax
    add rsp, 16                         ; The vector and the error code.
    iretq
.end:

; The stubs' addresses, by vector: what src/idt.rs installs.
section .rodata

global exception_stubs:data (exception_stubs.end - exception_stubs)
    align 8
exception_stubs:
%assign vector 0
%rep 32
    dq exception_stub_%[vector]
%assign vector vector + 1
%endrep
.end:

section .note.GNU-stack noalloc noexec nowrite progbits
