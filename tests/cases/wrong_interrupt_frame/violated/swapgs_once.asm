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
    test byte [rsp + 8], 3
    jz .work
    swapgs
.work:
    push rax
    mov rax, [gs:0]
    inc qword [rax]
    pop rax
    iretq                   ; to user mode, with the kernel's base of GS
