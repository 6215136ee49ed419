; The boot sector: from the BIOS's hand-over at 0x7c00 to `start` at 0x7e00, in 64-bit mode.
;
; Assembled flat (nasm -f bin) with KERNEL_SECTORS, the length of the image that follows it on the
; disk. What it leaves behind, all of it below itself:
;
;   0x1000  page map (level 4)          0x4000  page table of the first 2 MiB, in 4 KiB pages,
;   0x2000  page directory pointers             so that `start` can take guard pages out of it
;   0x3000  page directory, 2 MiB pages 0x5000  memory map: a count (8 bytes), then 24-byte entries
;
; The first GiB is mapped to itself, except for page 0: a null pointer faults.

PAGE_MAP            equ 0x1000
PAGE_POINTERS       equ 0x2000
PAGE_DIRECTORY      equ 0x3000
PAGE_TABLE          equ 0x4000
MEMORY_MAP          equ 0x5000
MEMORY_MAP_ENTRIES  equ 0x5008
MEMORY_MAP_LIMIT    equ 0x7000          ; The stack grows down from 0x7c00 towards this.
KERNEL              equ 0x7e00

PRESENT_WRITABLE    equ 0x003
LARGE_PAGE          equ 0x080
SMAP                equ 0x534d4150      ; 'SMAP', what int 15h AX=E820h wants to see and gives back.
SECTORS_PER_READ    equ 64              ; Some BIOSes refuse more than 127; 64 divides evenly.

%if KERNEL_SECTORS > 2047
    %error the kernel does not fit into the 1 MiB disk image
%endif

    bits 16
%ifidn __OUTPUT_FORMAT__, bin
    org 0x7c00
%endif

boot:
    cli
    xor ax, ax
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov sp, 0x7c00
    jmp 0:.canonical                    ; Some BIOSes enter at 07c0:0000.
.canonical:
    sti
    cld

; Reads the kernel behind this sector, by LBA: DL still holds the BIOS's number of our drive.
read_kernel:
    mov cx, KERNEL_SECTORS
.next:
    mov ax, cx
    cmp ax, SECTORS_PER_READ
    jbe .last
    mov ax, SECTORS_PER_READ
.last:
    mov [packet.sectors], ax
    sub cx, ax
    push cx
    mov si, packet
    mov ah, 0x42
    int 0x13
    jc disk_error
    pop cx
    add word [packet.segment], SECTORS_PER_READ * 512 / 16
    add dword [packet.lba], SECTORS_PER_READ
    test cx, cx
    jnz .next

; Asks the BIOS which memory there is, one entry a call, until EBX comes back as zero.
read_memory_map:
    xor ebx, ebx
    mov di, MEMORY_MAP_ENTRIES
    mov dword [MEMORY_MAP], ebx
    mov dword [MEMORY_MAP + 4], ebx
.next:
    mov eax, 0xe820
    mov ecx, 24
    mov edx, SMAP
    mov dword [di + 20], 1              ; A BIOS that writes 20 bytes leaves the entry valid.
    int 0x15
    jc .done                            ; Some BIOSes end the list with an error.
    cmp eax, SMAP
    jne .done
    inc dword [MEMORY_MAP]
    add di, 24
    cmp di, MEMORY_MAP_LIMIT - 24
    ja .done
    test ebx, ebx
    jnz .next
.done:

; Opens the A20 gate: by the BIOS where it can, and by the chipset's port where it cannot.
open_a20:
    mov ax, 0x2401
    int 0x15
    in al, 0x92
    or al, 2
    and al, 0xfe                        ; Bit 0 would reset the machine.
    out 0x92, al

    cli

; Four tables, zeroed, then filled. The addresses fit into 16 bits, the entries into 32.
build_page_tables:
    xor eax, eax
    mov di, PAGE_MAP
    mov cx, 4 * 4096 / 4
    rep stosd
    mov word [PAGE_MAP], PAGE_POINTERS | PRESENT_WRITABLE
    mov word [PAGE_POINTERS], PAGE_DIRECTORY | PRESENT_WRITABLE
    mov word [PAGE_DIRECTORY], PAGE_TABLE | PRESENT_WRITABLE

    mov di, PAGE_DIRECTORY + 8
    mov eax, 0x20_0000 | LARGE_PAGE | PRESENT_WRITABLE
    mov edx, 0x20_0000
    call fill_table

    mov di, PAGE_TABLE + 8
    mov eax, 0x1000 | PRESENT_WRITABLE
    mov edx, 0x1000
    call fill_table

; PAE, then long mode armed in EFER, then protection and paging at once.
enter_long_mode:
    lidt [no_interrupts]                ; An NMI before the kernel's own table is a clean reset.
    mov eax, cr4
    or eax, 1 << 5                      ; PAE
    mov cr4, eax
    mov eax, PAGE_MAP
    mov cr3, eax
    mov ecx, 0xc000_0080                ; EFER
    rdmsr
    or eax, 1 << 8                      ; LME
    wrmsr
    lgdt [gdt_pointer]
    mov eax, cr0
    or eax, 1 << 31 | 1                 ; PG and PE
    mov cr0, eax
    jmp gdt.code - gdt:long_mode

; Fills the 511 entries from DI on: the first one is EAX, each further one is EDX more.
fill_table:
    mov cx, 511
.next:
    mov [di], eax
    add eax, edx
    add di, 8
    loop .next
    ret

disk_error:
    mov si, disk_error_message
.next:
    lodsb
    test al, al
    jz .halt
    mov ah, 0x0e                        ; Teletype output.
    mov bx, 7
    int 0x10
    jmp .next
.halt:
    cli
    hlt
    jmp .halt

    bits 64
long_mode:
    mov eax, gdt.data - gdt
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov eax, KERNEL
    jmp rax

    align 8
gdt:
    dq 0
.code:
    dq 0x0020_9a00_0000_0000            ; 64-bit code
.data:
    dq 0x0000_9200_0000_0000            ; writable data
gdt_pointer:
    dw $ - gdt - 1
    dd gdt
no_interrupts:
    dw 0
    dd 0

packet:                                 ; The disk address packet of int 13h AH=42h.
    dw 16
.sectors:
    dw 0
    dw 0                                ; offset
.segment:
    dw KERNEL / 16
.lba:
    dq 1                                ; Right behind this sector.

disk_error_message:
    db "abide: the disk cannot be read", 13, 10, 0

    times 510 - ($ - $$) db 0
    dw 0xaa55
