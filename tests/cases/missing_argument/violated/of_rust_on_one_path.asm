; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global ask:function
extern note
section .text
ask:
    sub rsp, 24
    test edi, edi
    jz .without
    mov qword [rsp], 7
.without:
    mov edi, 1
    mov esi, 2
    mov edx, 3
    mov ecx, 4
    mov r8d, 5
    mov r9d, 6
    call note
    add rsp, 24
    ret
;;; c.rs
#[unsafe(no_mangle)]
pub extern "C" fn note(_: u64, _: u64, _: u64, _: u64, _: u64, _: u64, _last: u64) {}

unsafe extern "C" {
    fn ask(a: u32);
}

pub unsafe fn caller(a: u32) {
    unsafe { ask(a) };
}
