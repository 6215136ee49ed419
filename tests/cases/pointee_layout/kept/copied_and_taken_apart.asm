; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global take_apart:function
section .text
take_apart:
    ; All of it, in one go.
    movups xmm0, [rdi]
    movups [rsi], xmm0
    ; The two halves at once, a byte of one, and its upper half.
    mov rax, [rdi]
    movzx ecx, byte [rdi + 5]
    mov dx, [rdi + 6]
    ; A field and the padding behind it, so that all bytes are the same.
    mov rax, [rdi + 8]
    mov [rsi + 8], rax
    ; The second of several.
    mov eax, [rdi + 16 + 4]
    ret
;;; c.rs
#[repr(C)]
pub struct Parts {
    low: u32,
    high: u32,
    flag: u8,
    _next_begins_at: [u32; 0],
    count: u16,
}

unsafe extern "C" {
    fn take_apart(from: *const [Parts; 2], to: *mut Parts) -> u32;
}

pub fn caller(from: *const [Parts; 2], to: *mut Parts) -> u32 {
    unsafe { take_apart(from, to) }
}
