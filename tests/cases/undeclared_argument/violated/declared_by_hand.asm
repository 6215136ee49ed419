; check: --all-exported --signatures s.json a.o
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global copy:function
section .text
copy:
    mov rcx, rdx
    rep movsb
    ret
;;; s.json
[{"symbol": "copy", "rust": "unsafe extern \"C\" fn(to: *mut u8, from: *const u8)"}]
