; A boot sector that stands in for the kernel where the pilot itself is tested: it echoes each key
; on the screen and on the serial line, prompts after Enter, and ends like `off` at a Q.

SERIAL          equ 0x3f8
EXIT            equ 0xf4
OFF             equ 0x10

    bits 16
    org 0x7c00

    xor ax, ax
    mov ss, ax
    mov sp, 0x7c00
    mov ds, ax
prompt:
    mov si, text
.next:
    lodsb
    test al, al
    jz next
    call put
    jmp .next
next:
    xor ah, ah                          ; The next key.
    int 0x16
    cmp al, 'Q'
    je off
    call put
    cmp al, 8
    je erase
    cmp al, 13
    jne next
    mov al, 10
    call put
    jmp prompt
erase:
    mov al, ' '
    call put
    mov al, 8
    call put
    jmp next
off:
    mov al, OFF
    out EXIT, al
    hlt

; Puts the character AL on the screen, by teletype output, and on the serial line.
put:
    mov ah, 0x0e
    mov bx, 7
    int 0x10
    push ax
    mov dx, SERIAL + 5
.wait:
    in al, dx
    test al, 0x20
    jz .wait
    pop ax
    mov dx, SERIAL
    out dx, al
    ret

text:
    db "abide> ", 0

    times 510 - ($ - $$) db 0
    dw 0xaa55
