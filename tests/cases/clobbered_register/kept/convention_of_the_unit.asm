; check: --all-exported --config uefi.toml a.o
;;; uefi.toml
convention = "win64"

[[contract]]
symbols = ["from_rust"]
convention = "sysv64"
reason = "Rust declares it `extern \"sysv64\"`"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global efi_main:function
global from_rust:function
section .text
efi_main:
    push rsi
    sub rsp, 32
    mov rsi, rdx
    mov rax, [rdx + 96]
    mov rcx, [rsi + 64]
    call [rax + 8]
    add rsp, 32
    pop rsi
    ret
from_rust:
    mov rsi, [rdi]
    movdqu xmm6, [rsi]
    movdqu [rdi], xmm6
    ret
