; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global by_system_v:function
extern from_microsoft
section .text
; A function of System V that calls one of Microsoft's owes it home space.
by_system_v:
    push rbx
    mov rcx, rdi
    call from_microsoft
    pop rbx
    ret
;;; c.rs
unsafe extern "C" {
    fn by_system_v(a: u64) -> u64;
}

#[unsafe(no_mangle)]
pub extern "win64" fn from_microsoft(a: u64) -> u64 {
    a + 1
}

pub unsafe fn caller(a: u64) -> u64 {
    unsafe { by_system_v(a) }
}
