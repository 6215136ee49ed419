; check: --script link.ld start.o
;;; start.asm
extern bss_start, bss_end
global start:function
start:
    mov edi, bss_start
    mov ecx, bss_end
    ret
;;; link.ld
ENTRY(start)
SECTIONS {
    .text : { *(.text) }
    .bss : { bss_start = .; *(.bss) bss_end = .; }
    /DISCARD/ : { *(.note.*) }
}
