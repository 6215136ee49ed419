; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global ask:function
extern note
section .text
ask:
    xor edi, edi
    mov esi, edi
    mov edx, edi
    mov ecx, edi
    mov r8d, edi
    mov r9d, edi
    pxor xmm0, xmm0
    ; The low half alone is an argument.
    sub rsp, 8
    mov dword [rsp], 7
    call note
    add rsp, 8
    ret
;;; c.rs
#[unsafe(no_mangle)]
pub extern "C" fn note(_: u64, _: u64, _: u64, _: u64, _: u64, _: u64, _: f64, _: u32) {}

unsafe extern "C" {
    fn ask();
}

pub unsafe fn caller() {
    unsafe { ask() };
}
