; The kernel's own symbol table, for `symbols` and for backtraces.
;
; Addresses are known only after the link, when it is too late for more bytes: so the link finds
; fixed room here, with symbols.inc empty. Then `nm` is read, symbols.awk makes records of it, this
; file is assembled again, and its section replaces the empty one.
;
; Each record: address (4 bytes), size (4), kind as nm prints it (1), length of the name (2), name.
; A record with address 0 ends the table. src/symbols.rs reads it.

ROOM equ 96 * 1024

section .symbols progbits alloc noexec nowrite align=16

global symbol_table:data (symbol_table.end - symbol_table)
symbol_table:
    %include "symbols.inc"
    times ROOM - ($ - symbol_table) db 0
.end:

section .note.GNU-stack noalloc noexec nowrite progbits
