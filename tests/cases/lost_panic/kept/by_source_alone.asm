; check: --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global tick:function
extern on_tick, on_end
section .text
tick:
    sub rsp, 8
    call on_end
    add rsp, 8
    jmp on_tick
;;; c.rs
#[unsafe(no_mangle)]
pub extern "C-unwind" fn on_tick() {}

#[unsafe(no_mangle)]
pub extern "C" fn on_end() {}

unsafe extern "C-unwind" {
    fn tick();
}

pub unsafe fn caller() {
    unsafe { tick() };
}
