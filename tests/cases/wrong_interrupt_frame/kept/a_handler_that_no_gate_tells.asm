; check: a.o b.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global install:function
section .text
extern set_gate

; install(): who sets the gate is not in the unit, so that nothing tells what `handler` is.
install:
    sub rsp, 8
    mov rdi, [rel address]
    call set_gate
    add rsp, 8
    ret

handler:
    iretq

section .data
address: dq handler
;;; b.rs
unsafe extern "C" {
    fn install();
}

#[unsafe(no_mangle)]
pub fn init() {
    unsafe { install() }
}
