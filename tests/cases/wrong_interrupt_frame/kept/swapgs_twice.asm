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
handler:                    ; a leaf: the frame is the processor's still
    push rax
    mov eax, [rsp + 16]
    and eax, 3
    cmp eax, 3
    jne .work
    swapgs
.work:
    inc qword [gs:0]
    mov eax, [rsp + 16]
    and eax, 3
    cmp eax, 3
    jne .done
    swapgs
.done:
    pop rax
    iretq
