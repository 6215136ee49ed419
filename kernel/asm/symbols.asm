; The kernel's own symbol table, for `symbols` and for backtraces.
;
; The table names addresses, and its length would move them: so the room is fixed, the kernel is
; linked once with the table empty, `nm` is read, and the final link fills the room. symbols.inc
; comes from symbols.awk; the build stops if the two links do not agree on every symbol.
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
