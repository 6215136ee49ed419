; Microsoft's convention says nothing of MMX: what is left in use is a warning.
; check: --all-exported a.o
;;; a.asm -f win64
global f
section .text
f:
    movq mm0, [rdx]
    paddb mm0, [r8]
    movq [rcx], mm0
    ret
