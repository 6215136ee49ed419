; run: for f in b c; do rustc --edition=2024 --crate-type=lib --emit=llvm-ir $f.rs; done
; check: --signatures b.ll --signatures c.ll --source b.rs --source c.rs a.o b.o c.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global pick:function
section .text
pick:
    mov eax, esi
    mov eax, [rdi + rax]
    ret
;;; c.rs
unsafe extern "C" {
    fn pick(of: u64, index: isize);
}

pub unsafe fn caller(of: u64) {
    unsafe { pick(of, 1) };
}

;;; b.rs
unsafe extern "C" {
    fn pick(of: *const u8, index: usize) -> u32;
}

pub unsafe fn other(of: *const u8) -> u32 {
    unsafe { pick(of, 1) }
}
