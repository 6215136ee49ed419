; check: --root handler --config own.toml a.o b.o
;;; own.toml
[[contract]]
symbols = ["handler"]
interrupt = { vector = 33 }
reason = "another image installs it in gate 33"
;;; a.asm
section .note.GNU-stack noalloc noexec nowrite progbits
global handler:function
extern work
section .text
handler:
    test byte [rsp + 8], 3
    jz .from_kernel
    swapgs
.from_kernel:
    cld
    push rax
    push rcx
    push rdx
    push rsi
    push rdi
    push r8
    push r9
    push r10
    push r11
    push rbx
    mov rbx, rsp
    mov rdi, rsp
    and rsp, -16
    call work
    mov rsp, rbx
    pop rbx
    pop r11
    pop r10
    pop r9
    pop r8
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop rax
    iretq
;;; b.rs
#[unsafe(no_mangle)]
pub extern "C" fn work(_frame: *mut u64) {}
