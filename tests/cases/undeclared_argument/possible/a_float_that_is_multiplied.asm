; check: --all-exported --signatures s.json a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global scale:function
section .text
; Arithmetic on floats is not computed, so that no run shows it.
scale:
    mulpd xmm0, xmm1
    movupd [rdi], xmm0
    ret
;;; s.json
[{"symbol": "scale", "rust": "unsafe extern \"C\" fn(to: *mut f64, by: f64)"}]
