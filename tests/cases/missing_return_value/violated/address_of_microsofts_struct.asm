; check: --source c.rs a.o c.o
; Source alone tells of the struct: its address comes back in rax, as it went in by rcx.
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global twelve:function
section .text
twelve:
    mov [rcx], rdx
    mov dword [rcx + 8], 0
    ret
;;; c.rs
#[repr(C)]
pub struct Twelve([u32; 3]);

unsafe extern "win64" {
    fn twelve(number: u64) -> Twelve;
}

pub unsafe fn caller() -> Twelve {
    unsafe { twelve(1) }
}
