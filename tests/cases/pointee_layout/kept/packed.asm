; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global idt_load:function
section .text
idt_load:
    lidt [rdi]
    ret
;;; c.rs
#[repr(C, packed)]
pub struct IdtPointer {
    limit: u16,
    base: u64,
}

unsafe extern "C" {
    fn idt_load(to: *const IdtPointer);
}

pub fn load(to: &IdtPointer) {
    unsafe { idt_load(to) };
}
