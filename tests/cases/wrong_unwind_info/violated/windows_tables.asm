; check: --all-exported a.o
;;; a.asm -f win64
; What Microsoft's unwinder makes of `.pdata` and `.xdata`.
%macro entry 3
section .pdata rdata align=4
    dd %1 wrt ..imagebase, %2 wrt ..imagebase, %3 wrt ..imagebase
section .xdata rdata align=4
%3:
%endmacro
%define code(offset, operation, number) offset, operation | number << 4
extern other
section .text
; A push that the table does not tell.
global push_not_told
push_not_told:
    push rbx
    sub rsp, 32
.ready:
    call other
    ; Else the return address would lie in the epilogue, of which the unwinder asks no table.
    nop
    add rsp, 32
    pop rbx
    ret
.end:
entry push_not_told, push_not_told.end, push_info
    db 1, push_not_told.ready - push_not_told, 1, 0
    db code(push_not_told.ready - push_not_told, 2, 3)
    db 0, 0
section .text
; The save is told 16 bytes too high.
global wrong_slot
wrong_slot:
    sub rsp, 72
.allocated:
    movaps [rsp + 32], xmm6
    movaps [rsp + 48], xmm7
.saved:
    movaps xmm6, xmm0
    movaps xmm7, xmm1
    call other
    movaps xmm6, [rsp + 32]
    movaps xmm7, [rsp + 48]
    add rsp, 72
    ret
.end:
entry wrong_slot, wrong_slot.end, slot_info
    db 1, wrong_slot.saved - wrong_slot, 5, 0
    db code(wrong_slot.saved - wrong_slot, 8, 7)
    dw 48 / 16
    db code(wrong_slot.saved - wrong_slot, 8, 6)
    dw 48 / 16
    db code(wrong_slot.allocated - wrong_slot, 2, 8)
    db 0, 0
section .text
; Right in the body, and SP moves once more before the call.
global moves_again
moves_again:
    sub rsp, 40
.allocated:
    test ecx, ecx
    jz .skip
    sub rsp, 32
    call other
    add rsp, 32
.skip:
    add rsp, 40
    ret
.end:
entry moves_again, moves_again.end, moves_info
    db 1, moves_again.allocated - moves_again, 1, 0
    db code(moves_again.allocated - moves_again, 2, 4)
    db 0, 0
section .text
; A jump out of what the entry covers looks like an epilogue, and is none.
global jumps_to_neighbour
jumps_to_neighbour:
    sub rsp, 40
.allocated:
    call other
    jmp neighbour
.end:
neighbour:
    nop
    call other
    add rsp, 40
    ret
entry jumps_to_neighbour, jumps_to_neighbour.end, jumps_info
    db 1, jumps_to_neighbour.allocated - jumps_to_neighbour, 1, 0
    db code(jumps_to_neighbour.allocated - jumps_to_neighbour, 2, 4)
    db 0, 0
section .text
; No entry at all, and a call of code that may raise an exception.
global no_entry
no_entry:
    sub rsp, 40
    call other
    add rsp, 40
    ret
