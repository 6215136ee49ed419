; check: --all-exported --signatures s.json a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global mix:function
section .text
; What vector arithmetic makes of a number is not followed: no run shows that `r8` matters.
mix:
    shl r8, 32
    add rdx, r8
    movq xmm3, rcx
    movq xmm4, rdx
    punpcklqdq xmm3, xmm4
    movups [rdi], xmm3
    ret
;;; s.json
[{"symbol": "mix", "rust": "unsafe extern \"C\" fn(to: *mut u8, from: *const u8, a: u64, b: u64)"}]
