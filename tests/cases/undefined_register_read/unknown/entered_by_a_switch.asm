; Rust makes a number of the address of `start` and puts it where a switch's `ret` takes it from. What
; the switch enters so has its arguments where the switch has just popped them, and a stack that no
; call has moved. `back` leaves by a return to such a register.
; check: a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global start:function, back:function
section .text
start:
    mov rdi, r12
    call rbx
    ud2
back:
    mov rdi, r12
    and rsp, -16
    mov [rsp], r14
    ret
;;; c.rs
#![crate_type = "lib"]
#![no_std]
unsafe extern "C" {
    fn start();
    fn back();
}
#[unsafe(no_mangle)]
pub fn lay(stack: &mut [usize; 8]) {
    stack[6] = start as *const () as usize;
    stack[7] = back as *const () as usize;
}
