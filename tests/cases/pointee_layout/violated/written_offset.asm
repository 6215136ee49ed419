; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global next_of:function
; Written when `id` was the only field before it, and nothing aligned `next`.
Node.next equ 4
section .text
next_of:
    mov rax, [rdi + Node.next]
    ret
;;; c.rs
#[repr(C)]
pub struct Node {
    id: u32,
    next: *mut Node,
}

unsafe extern "C" {
    fn next_of(node: *const Node) -> *mut Node;
}

pub fn caller(node: *const Node) -> *mut Node {
    unsafe { next_of(node) }
}
