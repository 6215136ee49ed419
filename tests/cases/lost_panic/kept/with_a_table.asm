; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.s
    .intel_syntax noprefix
    .text
    .globl tick
    .type tick, @function
tick:
    .cfi_startproc
    sub rsp, 8
    .cfi_adjust_cfa_offset 8
    call helper
    add rsp, 8
    .cfi_adjust_cfa_offset -8
    jmp on_tick
    .cfi_endproc
helper:
    jmp on_tick
    .section .note.GNU-stack, "", @progbits
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
