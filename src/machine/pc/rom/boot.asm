; From the reset vector to the main loop: protected mode, memory, paging, devices.
;
; Nothing is expected of the machine but what a reset leaves, and nothing is left of what ran before.

bits 16
real_mode:
        cli
        cld
        o32 lgdt [cs:gdt_pointer - $$]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     dword CODE_SEGMENT:protected_mode

        align   8
gdt:    dq      0
        dq      0x00cf9a000000ffff      ; code, 4 GiB
        dq      0x00cf92000000ffff      ; data, 4 GiB
gdt_pointer:
        dw      $ - gdt - 1
        dd      gdt

idt_pointer:
        dw      256 * 8 - 1
        dd      IDT
no_idt_pointer:
        dw      0
        dd      0

bits 32
protected_mode:
        mov     ax, DATA_SEGMENT
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        mov     ss, ax
        mov     edi, IDT
        mov     ecx, (STACK_TOP - IDT) / 4
        xor     eax, eax
        rep     stosd
        mov     esp, STACK_TOP

        call    let_interrupts_through
        call    describe_memory
        call    find_framebuffer
        call    turn_on_paging
        call    serial_start
        call    interrupts_start
        call    ps2_start
        call    pointer_start
        call    power_start
        call    screen_start
        call    clock_update
        jmp     main

; A CPU with a local APIC lets the interrupt controllers' line through only when told so, which a firmware does.
let_interrupts_through:
        mov     eax, 1
        cpuid
        test    edx, 1 << 9
        jz      .none
        mov     dword [LOCAL_APIC_LINT0], 0x700 ; as an external controller's, not masked
.none:  ret

; Fills the promised page and the page after it.
describe_memory:
        mov     edi, guest_marker
        mov     esi, marker
        mov     ecx, marker_end - marker
        rep     movsb
        mov     edi, COUNTING
        mov     ecx, PAGE_BYTES
        xor     eax, eax
.count: stosb
        inc     eax
        loop    .count

        ; Above 16 MiB it is told in units of 64 KiB, below in KiB from 1 MiB on.
        mov     al, 0x34
        call    cmos_word
        shl     eax, 16
        jz      .small
        add     eax, 16 << 20
        jmp     .told
.small: mov     al, 0x30
        call    cmos_word
        shl     eax, 10
        add     eax, 1 << 20
.told:  mov     [guest_memory_bytes], eax
        ret

marker: db      "qmpd demo guest: here I am!", 0
marker_end:
%if marker_end - marker > 32
%error "the marker is too long"
%endif

; in: al, the index of the low byte; out: eax
cmos_word:
        push    ecx
        mov     ah, al
        inc     al
        call    cmos_read
        movzx   ecx, al
        shl     ecx, 8
        mov     al, ah
        call    cmos_read
        movzx   eax, al
        or      eax, ecx
        pop     ecx
        ret

; in: al, the index; out: al
cmos_read:
        out     CMOS_INDEX, al
        in      al, CMOS_DATA
        ret

; The first VGA card on the bus tells where its memory is.  A machine with a firmware of its own has placed it; where
; nobody has, it is placed here.
find_framebuffer:
        mov     ebx, 0x80000000         ; bus 0, device 0
.next:  mov     al, 0x08
        call    pci_read
        shr     eax, 16
        cmp     eax, 0x0300             ; a VGA-compatible display
        je      .found
        add     ebx, 1 << 11
        cmp     ebx, 0x80010000
        jb      .next
        ret
.found: mov     al, 0x10
        call    pci_read
        and     eax, ~0xf
        jnz     .placed
        mov     eax, 0xe0000000
        out     dx, eax
        mov     al, 0x04
        call    pci_read
        or      eax, 0x3                ; ports and memory
        out     dx, eax
        mov     eax, 0xe0000000
.placed:
        mov     [guest_framebuffer], eax
        ret

; in: ebx, the device, al, the register; out: eax, and dx is the port that writes it
pci_read:
        movzx   eax, al
        or      eax, ebx
        mov     dx, PCI_ADDRESS
        out     dx, eax
        mov     dx, PCI_DATA
        in      eax, dx
        ret

turn_on_paging:
        mov     edi, LOW_TABLE
        mov     eax, PRESENT
        mov     ecx, 1024
.low:   stosd
        add     eax, PAGE_BYTES
        loop    .low
        mov     dword [PAGE_DIRECTORY], LOW_TABLE | PRESENT

        ; The rest of the memory, by pages of 4 MiB.
        mov     ecx, [guest_memory_bytes]
        add     ecx, (1 << LARGE_PAGE_BITS) - 1
        shr     ecx, LARGE_PAGE_BITS
        mov     ebx, 1
.large: cmp     ebx, ecx
        jae     .framebuffer
        call    map_large
        inc     ebx
        jmp     .large

.framebuffer:                           ; 16 MiB of it
        mov     ebx, [guest_framebuffer]
        shr     ebx, LARGE_PAGE_BITS
        jz      .high
        mov     ecx, 4
.more:  call    map_large
        inc     ebx
        loop    .more

.high:  mov     dword [PAGE_DIRECTORY + (HIGH >> LARGE_PAGE_BITS) * 4], HIGH_TABLE | PRESENT
        mov     dword [HIGH_TABLE], GUEST | PRESENT
        mov     dword [HIGH_TABLE + 4], COUNTING | PRESENT

        mov     eax, cr4
        or      al, 0x10                ; pages of 4 MiB
        mov     cr4, eax
        mov     eax, PAGE_DIRECTORY
        mov     cr3, eax
        mov     eax, cr0
        or      eax, 0x80000000
        mov     cr0, eax
        ret

; in: ebx, the number of a page of 4 MiB, which is mapped where it is
map_large:
        mov     eax, ebx
        shl     eax, LARGE_PAGE_BITS
        or      eax, PRESENT_LARGE
        mov     [PAGE_DIRECTORY + ebx * 4], eax
        ret
