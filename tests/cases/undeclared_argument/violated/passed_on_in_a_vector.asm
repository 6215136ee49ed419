; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global ask:function
extern note
section .text
ask:
    sub rsp, 8
    call note
    add rsp, 8
    ret
;;; c.rs
#[unsafe(no_mangle)]
pub extern "C" fn note(_: f64) {}

unsafe extern "C" {
    fn ask();
}

pub unsafe fn caller() {
    unsafe { ask() };
}
