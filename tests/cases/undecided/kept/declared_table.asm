; check: --all-exported --config declared.toml a.o
;;; declared.toml
[[table]]
jump = "f+0x9"
entries = 2
reason = "the caller passes 0 or 1"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global f:function
section .rodata
table: dq f.zero, f.one
section .text
f:
    push rbx
    mov rbx, rsi
    shl rdi, 3
    nop
    jmp [rdi + table]
.zero:
    xor eax, eax
    pop rbx
    ret
.one:
    mov rax, rbx
    pop rbx
    ret
