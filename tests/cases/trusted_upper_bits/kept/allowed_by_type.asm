; run: rustc --edition=2024 --crate-type=lib --emit=llvm-ir c.rs
; check: --signatures c.ll --source c.rs a.o c.o
;;; abide.toml
[[allow]]
rule = "trusted_upper_bits"
types = ["Row"]
reason = "callers hold the width in 64 bits"

[[contract]]
types = ["fn(*mut u8, *"]
reason = "the table's callers save it"
clobbers = ["rbx"]
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global copy_avx2:function
global copy_sse2:function
section .text
copy_avx2:
copy_sse2:
    mov ebx, [rdi + rsi]
    mov eax, ebx
    ret
;;; c.rs
type Row = unsafe extern "C" fn(to: *mut u8, width: u32) -> u32;

unsafe extern "C" {
    fn copy_avx2(to: *mut u8, width: u32) -> u32;
    fn copy_sse2(to: *mut u8, width: u32) -> u32;
}

pub static ROWS: [Row; 2] = [copy_avx2, copy_sse2];

pub unsafe fn caller(to: *mut u8) -> u32 {
    unsafe { copy_avx2(to, 3) + copy_sse2(to, 3) }
}
