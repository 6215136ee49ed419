; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
extern COUNTERS
global count:function
section .text
count:
    inc qword [rel COUNTERS + 8]
    ret
;;; c.rs
#[unsafe(no_mangle)]
pub static mut COUNTERS: [u32; 3] = [0; 3];

unsafe extern "C" {
    fn count();
}

pub fn caller() {
    unsafe { count() };
}
