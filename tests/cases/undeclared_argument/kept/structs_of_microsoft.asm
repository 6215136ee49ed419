; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
; A struct of one, two, four or eight bytes is a number, any other lies in the caller's memory; so does
; such a result, at the address in rcx. What more arguments are floats, a variadic function finds in both.
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global passed:function, returned:function, variadic:function
section .text
passed:
    add cl, [rdx + 2]
    movq xmm0, r8
    addss xmm0, [r9 + 8]
    movq rax, xmm0
    ret
returned:
    mov [rcx], rdx
    mov dword [rcx + 8], 0
    mov rax, rcx
    ret
variadic:
    movq xmm0, rdx
    addsd xmm0, xmm1
    ret
;;; c.rs
#[repr(C)]
pub struct One(u8);
#[repr(C)]
pub struct Three([u8; 3]);
#[repr(C)]
pub struct Pair(f32, f32);
#[repr(C)]
pub struct Twelve([u32; 3]);

unsafe extern "win64" {
    fn passed(one: One, three: Three, pair: Pair, twelve: Twelve) -> Pair;
    fn returned(number: u64) -> Twelve;
    fn variadic(number: u64, ...) -> f64;
}

pub unsafe fn caller(a: One, b: Three, c: Pair, d: Twelve) -> (Pair, Twelve, f64) {
    unsafe { (passed(a, b, c, d), returned(1), variadic(1, 2.5)) }
}
