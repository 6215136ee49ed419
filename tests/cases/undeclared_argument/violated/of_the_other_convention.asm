; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global by_microsoft:function
global by_system_v:function
section .text
by_microsoft:             ; its arguments are in `rcx` and `rdx`
    lea rax, [rdi + rdx]
    ret
by_system_v:              ; and these in `rdi` and `rsi`
    lea rax, [rcx + rsi]
    ret
;;; c.rs
unsafe extern "win64" {
    fn by_microsoft(a: u64, b: u64) -> u64;
}
unsafe extern "sysv64" {
    fn by_system_v(a: u64, b: u64) -> u64;
}

pub unsafe fn caller(a: u64) -> u64 {
    unsafe { by_microsoft(a, a) + by_system_v(a, a) }
}
