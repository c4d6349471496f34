; The first IDE disk, a sector at a time, by programmed I/O.

SECTOR_BYTES    equ 512
SECTOR_MAX      equ 0x0fffffff

ATA_READ        equ 0x20
ATA_WRITE       equ 0x30
ATA_FLUSH       equ 0xe7
ATA_IDENTIFY    equ 0xec
ATA_BUSY        equ 0x80
ATA_READY       equ 0x40
ATA_DATA        equ 0x08
ATA_FAILED      equ 0x21
DISK_TICKS_MAX  equ 200                 ; eleven seconds of the slow timer

; in: eax, the sector; out: it is in `disk_buffer`, or carry and esi tells why not
disk_read:
        call    disk_check
        jc      disk_done
        mov     cl, ATA_READ
        ; The sector comes, below.

; in: eax, cl, a command that answers with a sector
disk_take:
        call    disk_command
        jc      disk_done
        mov     edi, disk_buffer
        mov     ecx, SECTOR_BYTES / 2
        mov     dx, DISK
        rep     insw
        clc
disk_done:
        ret

; in: eax, the sector, esi, its bytes; out: it is on the disk, or carry and esi tells why not
disk_write:
        push    esi
        call    disk_check
        pop     edi
        jc      disk_done
        push    edi
        mov     cl, ATA_WRITE
        call    disk_command
        pop     edi
        jc      disk_done
        mov     esi, edi
        mov     ecx, SECTOR_BYTES / 2
        mov     dx, DISK
        rep     outsw
        call    disk_wait
        jc      disk_done
        mov     dx, DISK + 7
        mov     al, ATA_FLUSH
        out     dx, al
        jmp     disk_wait

; in, out: eax, a sector; out: the disk has it, or carry and esi.  A disk is asked each time: another one may be there.
disk_check:
        push    eax
        call    disk_sectors
        pop     ebx
        jc      disk_done
        xchg    eax, ebx
        mov     esi, no_sector_text
        cmp     ebx, eax
        ja      .fine
        stc
        ret
.fine:  clc
        ret

; out: eax, how many the disk has, or carry and esi
disk_sectors:
        xor     eax, eax
        mov     cl, ATA_IDENTIFY
        call    disk_take
        mov     eax, [disk_buffer + 60 * 2]
        ret

; in: eax, the sector, cl, a command that moves it; out: the disk is ready to move it, or carry and esi
disk_command:
        mov     ebx, eax
        mov     dx, DISK + 7
        in      al, dx
        mov     esi, no_disk_text
        cmp     al, 0xff
        je      .none
        test    al, ATA_READY | ATA_BUSY
        jz      .none
        mov     dx, DISK_CONTROL
        mov     al, 2                   ; It is asked, and does not interrupt.
        out     dx, al
        mov     eax, ebx
        shr     eax, 24
        or      al, 0xe0                ; the first of the two, by sector number
        mov     dx, DISK + 6
        out     dx, al
        mov     dx, DISK + 2
        mov     al, 1
        out     dx, al
        inc     edx
        mov     al, bl
        out     dx, al
        inc     edx
        mov     al, bh
        out     dx, al
        inc     edx
        shr     ebx, 16
        mov     al, bl
        out     dx, al
        mov     dx, DISK + 7
        mov     al, cl
        out     dx, al
        call    disk_wait
        jc      .failed
        test    al, ATA_DATA
        mov     esi, disk_failed_text
        jz      .none
.failed:
        ret
.none:  stc
        ret

; out: al, its status, or carry and esi tells what is wrong
disk_wait:
        mov     ebx, [guest_ticks]
        add     ebx, DISK_TICKS_MAX
        mov     dx, DISK_CONTROL        ; Its status is valid a moment after a command: this read passes it.
        in      al, dx
        mov     dx, DISK + 7
.again: in      al, dx
        test    al, ATA_BUSY
        jz      .told
        mov     esi, disk_silent_text
        cmp     ebx, [guest_ticks]
        jns     .again
        stc
        ret
.told:  mov     esi, disk_failed_text
        test    al, ATA_FAILED
        jz      .done
        stc
.done:  ret

no_disk_text:
        db      "there is no disk", 0
no_sector_text:
        db      "the disk has no such sector", 0
disk_failed_text:
        db      "the disk says no", 0
disk_silent_text:
        db      "the disk does not answer", 0
