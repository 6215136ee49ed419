; Behind a struct whose last field is an array of no elements lie elements, and no other struct.
; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global first_tag:function
global tag_of:function
section .text
first_tag:
    movzx eax, word [rdi + 8 + 2]
    ret
tag_of:
    movzx eax, word [rdi + 8 * rsi + 8 + 2]
    ret
;;; c.rs
#[repr(C)]
pub struct Tags {
    count: u16,
    kind: u32,
    tags: [u64; 0],
}

unsafe extern "C" {
    fn first_tag(tags: *const Tags) -> u32;
    fn tag_of(tags: *const Tags, index: u64) -> u32;
}

pub unsafe fn caller(tags: *const Tags) -> u32 {
    unsafe { first_tag(tags) + tag_of(tags, 3) }
}
