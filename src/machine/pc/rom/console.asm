; The console: what programs print, on the text screen and on the serial port.
;
; A text is ended by a 0.  In it, LF begins a line, and a byte below 8 chooses how the following looks on the screen.

CHARACTER_LF    equ 10
FIRST_DRAWING   equ 0x80

; How texts look; see `looks`.
PLAIN           equ 1
BRIGHT          equ 2
WARM            equ 3
COOL            equ 4
GREEN           equ 5
ALERT           equ 6

; in: esi; out: esi, behind the text
puts:
        push    eax
.next:  lodsb
        test    al, al
        jz      .done
        cmp     al, 8
        jb      .look
        call    putc
        jmp     .next
.look:  movzx   eax, al
        mov     al, [looks - 1 + eax]
        mov     [attribute], al
        jmp     .next
.done:  pop     eax
        ret

looks:  db      ATTRIBUTE_TEXT, ATTRIBUTE_BRIGHT, ATTRIBUTE_WARM, ATTRIBUTE_COOL
        db      ATTRIBUTE_GREEN, ATTRIBUTE_ALERT

; in: al: a character, LF, or backspace, which takes the one before the cursor back
putc:
        pushad
        mov     edi, [cursor]
        cmp     al, CHARACTER_LF
        je      .new_line
        cmp     al, CHARACTER_BACKSPACE
        je      .back
        mov     ah, [attribute]
        mov     [CELLS + edi * 2], ax
        inc     edi
        cmp     al, FIRST_DRAWING
        jb      .send
        movzx   eax, al
        mov     al, [drawings_as_ascii - FIRST_DRAWING + eax]
.send:  call    serial_put
        jmp     .moved

.back:  dec     edi
        mov     ah, [attribute]
        mov     al, ' '
        mov     [CELLS + edi * 2], ax
        mov     al, CHARACTER_BACKSPACE
        call    serial_put
        mov     al, ' '
        call    serial_put
        mov     al, CHARACTER_BACKSPACE
        jmp     .send

.new_line:
        mov     al, CHARACTER_ENTER
        call    serial_put
        mov     al, CHARACTER_LF
        call    serial_put
        mov     eax, edi
        xor     edx, edx
        mov     ecx, COLUMNS
        div     ecx
        sub     edi, edx
        add     edi, COLUMNS

.moved: cmp     edi, CELL_COUNT
        jb      .set
        call    scroll
        sub     edi, COLUMNS
.set:   mov     [cursor], edi
        mov     byte [screen_is_stale], 1
        popad
        ret

scroll: push    edi
        mov     edi, CELLS + COLUMNS * 2
        mov     esi, CELLS + COLUMNS * 4
        mov     ecx, COLUMNS * (ROWS - 2) / 2
        rep     movsd
        mov     ecx, COLUMNS
        mov     ax, ATTRIBUTE_TEXT << 8 | ' '
        rep     stosw
        pop     edi
        ret

; in: eax
put_decimal:
        pushad
        call    decimal
        call    puts
        popad
        ret

; in: eax; out: esi, its text.  Keeps all else.
decimal:
        push    eax
        push    ebx
        push    edx
        mov     esi, number_text + 15
        mov     byte [esi], 0
        mov     ebx, 10
.next:  xor     edx, edx
        div     ebx
        add     dl, '0'
        dec     esi
        mov     [esi], dl
        test    eax, eax
        jnz     .next
        pop     edx
        pop     ebx
        pop     eax
        ret

; in: eax
put_hex:
        pushad
        mov     ecx, 4
.next:  rol     eax, 8
        call    put_hex_byte
        loop    .next
        popad
        ret

; in: al
put_hex_byte:
        push    esi
        call    hex_byte
        mov     esi, number_text
        call    puts
        pop     esi
        ret

; in: al; its two digits go to `number_text`
hex_byte:
        push    eax
        push    ebx
        movzx   ebx, al
        shr     ebx, 4
        mov     ah, [hex_digits + ebx]
        mov     [number_text], ah
        movzx   ebx, al
        and     ebx, 15
        mov     ah, [hex_digits + ebx]
        mov     [number_text + 1], ah
        mov     byte [number_text + 2], 0
        pop     ebx
        pop     eax
        ret

hex_digits:
        db      "0123456789abcdef"
