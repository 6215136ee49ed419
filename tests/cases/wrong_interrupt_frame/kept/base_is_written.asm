; check: --root handler --config own.toml a.o
;;; own.toml
[[contract]]
symbols = ["handler"]
interrupt = { vector = 33 }
reason = "another image installs it in gate 33"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global handler:function
section .text
handler:
    push rax
    push rbx
    rdgsbase rax
    swapgs
    rdgsbase rbx            ; the kernel's
    inc qword [rbx]
    wrgsbase rax            ; what was interrupted has its own back
    pop rbx
    pop rax
    iretq
