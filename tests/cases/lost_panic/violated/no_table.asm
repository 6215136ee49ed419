; example
; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global tick:function
extern on_tick
section .text
tick:
    sub rsp, 8
    call on_tick
    add rsp, 8
    ret
;;; c.rs
#[unsafe(no_mangle)]
pub extern "C-unwind" fn on_tick() {
    panic!("enough");
}

unsafe extern "C-unwind" {
    fn tick();
}

pub unsafe fn caller() {
    unsafe { tick() };
}
