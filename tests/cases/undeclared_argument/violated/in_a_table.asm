; check: --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global SUMS:data
section .data.rel.ro progbits alloc noexec write
SUMS:
    dq sum_of_two
    dq sum_of_three
section .text
sum_of_two:
    mov eax, [rdi]
    add eax, [rdi + 4]
    ret
; Takes how many there are, which the table's type does not pass.
sum_of_three:
    mov eax, [rdi]
    add eax, [rdi + rsi*4]
    ret
;;; c.rs
type Sum = unsafe extern "C" fn(from: *const u32) -> u32;

#[repr(C)]
pub struct Sums {
    two: Sum,
    three: Option<Sum>,
}

unsafe extern "C" {
    static SUMS: Sums;
}

pub fn caller(from: &[u32; 3]) -> u32 {
    unsafe { (SUMS.two)(from.as_ptr()) + SUMS.three.map_or(0, |sum| sum(from.as_ptr())) }
}
