; The clock: date and time as the RTC tells them, in the bar and in the graphics mode's title.

CMOS_SECOND     equ 0x00
WINK_MASK       equ 0x07                ; The face in the bar winks in each eighth second.

; Once a tick: most often it has nothing to do.
clock_update:
        pushad
        mov     al, CMOS_SECOND
        call    cmos_read
        movzx   eax, al
        inc     eax                     ; so that the first time differs from the initial 0
        cmp     eax, [clock_seconds]
        je      .done
        mov     [clock_seconds], eax

.read:  mov     al, CMOS_SECOND
        call    cmos_read
        mov     ah, al
        mov     esi, .format
        mov     edi, clock_text
.next:  lodsb
        cmp     al, 0xff
        je      .read_whole
        test    al, al
        js      .digits
        stosb
        jmp     .next
.digits:
        and     al, 0x7f
        call    cmos_read
        mov     dl, al
        shr     al, 4
        add     al, '0'
        stosb
        mov     al, dl
        and     al, 0x0f
        add     al, '0'
        stosb
        jmp     .next
.read_whole:
        mov     byte [edi], 0
        mov     al, CMOS_SECOND
        call    cmos_read
        cmp     al, ah                  ; It went on meanwhile: what was read may be of two seconds.
        jne     .read

        mov     esi, clock_text
        mov     edi, CELLS + (COLUMNS - 20) * 2
        call    put_in_bar
        mov     al, FACE
        test    ah, WINK_MASK
        jnz     .face
        mov     al, WINKING_FACE
.face:  mov     [CELLS + 2], al
.done:  popad
        ret

; A byte with bit 7 is a register, in packed decimal digits.
.format:
        db      0xb2, 0x89, "-", 0x88, "-", 0x87, " ", 0x84, ":", 0x82, ":", 0x80, 0xff
