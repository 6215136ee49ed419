; check: --complete a.o b.o
;;; a.s
.section .text.f,"axG",@progbits,f,comdat
.globl f
.type f, @function
f: ret
.section .note.GNU-stack,"",@progbits
;;; b.s
.section .text.f,"axG",@progbits,f,comdat
.globl f
.type f, @function
f: ret
.section .note.GNU-stack,"",@progbits
