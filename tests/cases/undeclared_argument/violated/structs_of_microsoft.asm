; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global floats:function, returned:function
section .text
; The two floats come in rcx, as eight bytes.
floats:
    movlps [rdx], xmm0
    ret
; Where the result goes is the first argument, so that the number is the second.
returned:
    mov [rcx], r8
    mov dword [rcx + 8], 0
    mov rax, rcx
    ret
;;; c.rs
#[repr(C)]
pub struct Pair(f32, f32);
#[repr(C)]
pub struct Twelve([u32; 3]);

unsafe extern "win64" {
    fn floats(pair: Pair, to: *mut Pair);
    fn returned(number: u64) -> Twelve;
}

pub unsafe fn caller(pair: Pair, to: *mut Pair) -> Twelve {
    unsafe {
        floats(pair, to);
        returned(1)
    }
}
