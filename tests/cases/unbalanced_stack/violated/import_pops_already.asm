; What a pointer to an import leads to pops its arguments, as its name says.
; check: --root _pops_again a.o k.a
; run: ar crs k.a head.o pops.o plain.o tail.o
; format: win32
;;; a.asm
bits 32
extern __imp__pops@8
global _pops_again
section .text
_pops_again:
    push 1
    push 2
    call [__imp__pops@8]
    add esp, 8                  ; they are off already
    ret
;;; head.asm
bits 32
extern __k_iname
global __head_k
section .idata$2 data align=4
__head_k: dd 0, 0, 0, __k_iname, 0
;;; pops.asm
bits 32
extern __head_k
global _pops@8, __imp__pops@8
section .text
_pops@8: jmp [__imp__pops@8]
section .idata$7 data align=4
    dd __head_k
section .idata$5 data align=4
__imp__pops@8: dd hint
section .idata$6 data align=2
hint: dw 0
    db "pops", 0
;;; plain.asm
bits 32
extern __head_k
global _plain, __imp__plain
section .text
_plain: jmp [__imp__plain]
section .idata$7 data align=4
    dd __head_k
section .idata$5 data align=4
__imp__plain: dd hint
section .idata$6 data align=2
hint: dw 1
    db "plain", 0
;;; tail.asm
bits 32
global __k_iname
section .idata$7 data align=4
__k_iname: db "k.dll", 0
