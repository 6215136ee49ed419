; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.s
    .intel_syntax noprefix
    .text
    .globl tick
    .type tick, @function
tick:
    .cfi_startproc
    test edi, edi
    je 1f
    push rax
    .cfi_adjust_cfa_offset 8
    jmp [rip + table]
1:  .cfi_adjust_cfa_offset -8
    jmp on_tick
    .cfi_endproc
    .data
table:
    .quad 0
    .section .note.GNU-stack, "", @progbits
;;; c.rs
#[unsafe(no_mangle)]
pub extern "C-unwind" fn on_tick() {}

unsafe extern "C-unwind" {
    fn tick(now: u32);
}

pub unsafe fn caller() {
    unsafe { tick(1) };
}
