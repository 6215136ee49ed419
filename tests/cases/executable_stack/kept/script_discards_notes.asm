; check: --script link.ld a.o
;;; a.asm
global start:function
start:
    ret
;;; link.ld
ENTRY(start)
SECTIONS {
    .text : { *(.text) }
    /DISCARD/ : { *(.note.*) }
}
