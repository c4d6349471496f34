; The screen in text mode: 80 columns and 25 rows, glyphs of 8x16 pixels from font.asm, a palette of its own.
;
; Programs write into CELLS; `screen_flush` brings to video memory what has changed, since every byte that goes there is
; slow on an emulated machine.

COLUMNS         equ 80
ROWS            equ 25
CELL_COUNT      equ COLUMNS * ROWS
GLYPH_ROWS      equ 16
FIRST_GLYPH     equ 0x20
GLYPHS_A_BAND   equ 8

; Attributes, by the palette below.
ATTRIBUTE_TEXT  equ 0x07
ATTRIBUTE_BRIGHT equ 0x0f
ATTRIBUTE_WARM  equ 0x0e
ATTRIBUTE_COOL  equ 0x0b
ATTRIBUTE_GREEN equ 0x0a
ATTRIBUTE_ALERT equ 0x0c
ATTRIBUTE_BAR   equ 0x1f

CURSOR_ADDRESS  equ 0x0e                ; of the CRTC: high byte, then low byte
CRTC_PROTECT    equ 0x11
ATTRIBUTE_MODE  equ 0x10                ; of the attribute controller, and the first that `text_mode` writes
ATTRIBUTE_SHOW  equ 0x20                ; as its index: the screen is shown

screen_start:
        call    load_palette
        call    draw_bar
        call    clear_cells
        jmp     text_mode

; Once: no mode changes it.  The card is told of a graphics mode first, since an emulated one draws a text screen anew
; for each of these colours.
load_palette:
        mov     dx, INPUT_STATUS        ; What is written to the attribute controller next is an index.
        in      al, dx
        mov     dx, ATTRIBUTE
        mov     al, ATTRIBUTE_MODE
        out     dx, al
        mov     al, 0x01
        out     dx, al
        xor     eax, eax
.map:   out     dx, al                  ; entry, then its value: the same
        out     dx, al
        inc     al
        cmp     al, 16
        jb      .map
        mov     dx, DAC_INDEX
        xor     al, al
        out     dx, al
        inc     dx
        mov     esi, palette
        mov     ecx, palette_end - palette
        rep     outsb
        ret

; r, g, b, of 63 each: a dark blue behind what glows.
palette:
        db       3,  4, 10,   9, 18, 36,   9, 38, 24,   8, 36, 42
        db      44, 12, 14,  36, 16, 40,  44, 30, 10,  46, 48, 52
        db      18, 21, 30,  24, 38, 60,  28, 58, 34,  24, 54, 60
        db      62, 24, 24,  60, 32, 56,  63, 50, 20,  62, 62, 60
palette_end:

; Leaves any other mode.
text_mode:
        push    eax
        mov     dword [guest_mode], MODE_TEXT
        mov     ax, TEXT_DIVISOR
        call    set_timer
        pop     eax
        ; The screen follows, below.

; Shows CELLS, whatever was shown before.
show_text:
        pushad
        mov     ebx, VBE_ENABLE
        xor     eax, eax
        call    vbe_write
        call    load_font
        mov     dx, MISCELLANEOUS
        mov     al, 0x63
        out     dx, al
        mov     dx, SEQUENCER
        mov     esi, .sequencer
        mov     ecx, 5
        call    write_registers
        mov     dx, CRTC
        mov     ax, CRTC_PROTECT        ; Its first registers are protected by this one.
        out     dx, al
        inc     dx
        mov     al, ah
        out     dx, al
        dec     dx
        mov     esi, .crtc
        mov     ecx, 25
        call    write_registers
        mov     dx, GRAPHICS
        mov     esi, .graphics
        mov     ecx, 9
        call    write_registers
        mov     dx, INPUT_STATUS
        in      al, dx
        mov     dx, ATTRIBUTE
        mov     al, ATTRIBUTE_MODE
        mov     esi, .attribute
.next:  mov     ah, al
        out     dx, al
        outsb
        mov     al, ah
        inc     al
        cmp     al, 0x15
        jb      .next
        mov     al, ATTRIBUTE_SHOW
        out     dx, al

        mov     edi, SHOWN              ; Nothing is shown: all of it is written.
        mov     ecx, CELL_COUNT
        mov     eax, 0xffff
        rep     stosw
        call    flush_cells
        popad
        ret

.sequencer:
        db      0x03, 0x01, 0x03, 0x00, 0x02
.crtc:  db      0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00
        db      0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff
.graphics:
        db      0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff
.attribute:                             ; no blinking, sixteen backgrounds
        db      0x00, 0x00, 0x0f, 0x00, 0x00

; in: dx, the index port, esi, the values of the first registers, ecx, how many
write_registers:
        xor     eax, eax
.next:  out     dx, al
        inc     edx
        outsb
        dec     edx
        inc     eax
        loop    .next
        ret

; Plane 2 holds the glyphs, 32 bytes each.
load_font:
        mov     esi, .access
        call    .write
        mov     edx, FIRST_GLYPH
.glyph: mov     al, dl
        call    find_glyph
        mov     edi, edx
        shl     edi, 5
        add     edi, VGA_FONT
        mov     ecx, GLYPH_ROWS
.row:   mov     al, [ebx]
        mov     [edi], al
        add     ebx, GLYPHS_A_BAND
        inc     edi
        loop    .row
        inc     edx
        cmp     edx, FIRST_GLYPH + GLYPH_COUNT
        jb      .glyph
        ret
.write: lodsw
        movzx   edx, al
        test    edx, edx
        jz      .done
        add     edx, 0x300
        mov     al, ah
        out     dx, al
        inc     edx
        lodsb
        out     dx, al
        jmp     .write
.done:  ret
.access:                                ; port, register, value: write plane 2 alone, at A0000, byte by byte
        db      SEQUENCER & 0xff, 2, 0x04, SEQUENCER & 0xff, 4, 0x06
        db      GRAPHICS & 0xff, 1, 0x00, GRAPHICS & 0xff, 3, 0x00, GRAPHICS & 0xff, 5, 0x00
        db      GRAPHICS & 0xff, 6, 0x04, GRAPHICS & 0xff, 8, 0xff, 0, 0

; in: al, a character; out: ebx, its first row; the next ones lie GLYPHS_A_BAND bytes apart
find_glyph:
        push    eax
        movzx   ebx, al
        sub     ebx, FIRST_GLYPH
        jb      .unknown
        cmp     ebx, GLYPH_COUNT
        jb      .known
.unknown:
        mov     ebx, '?' - FIRST_GLYPH
.known: mov     eax, ebx
        and     eax, GLYPHS_A_BAND - 1
        shr     ebx, 3
        imul    ebx, GLYPHS_A_BAND * GLYPH_ROWS
        lea     ebx, [font + ebx + eax]
        pop     eax
        ret

; Brings what has changed to video memory, in text mode.
screen_flush:
        cmp     byte [screen_is_stale], 0
        je      .done
        cmp     dword [guest_mode], MODE_TEXT
        je      flush_cells
.done:  ret

flush_cells:
        pushad
        mov     byte [screen_is_stale], 0
        xor     ecx, ecx
.cell:  mov     ax, [CELLS + ecx * 2]
        cmp     ax, [SHOWN + ecx * 2]
        je      .next
        mov     [SHOWN + ecx * 2], ax
        mov     [VGA_TEXT + ecx * 2], ax
.next:  inc     ecx
        cmp     ecx, CELL_COUNT
        jb      .cell
        mov     ecx, [cursor]
        mov     dx, CRTC
        mov     al, CURSOR_ADDRESS
        out     dx, al
        inc     edx
        mov     al, ch
        out     dx, al
        dec     edx
        mov     al, CURSOR_ADDRESS + 1
        out     dx, al
        inc     edx
        mov     al, cl
        out     dx, al
        popad
        ret

; All but the bar.
clear_cells:
        pushad
        mov     edi, CELLS + COLUMNS * 2
        mov     ecx, CELL_COUNT - COLUMNS
        mov     ax, ATTRIBUTE_TEXT << 8 | ' '
        rep     stosw
        mov     byte [attribute], ATTRIBUTE_TEXT
        mov     dword [cursor], COLUMNS
        mov     byte [screen_is_stale], 1
        popad
        ret

; The bar of the first row; the clock draws its own part.
draw_bar:
        mov     edi, CELLS
        mov     ecx, COLUMNS
        mov     ax, ATTRIBUTE_BAR << 8 | ' '
        rep     stosw
        mov     esi, title
        mov     edi, CELLS + 3 * 2
        ; Into the bar, below.

; in: esi, a text ended by a 0, edi, the cell; the attributes there stay
put_in_bar:
        lodsb
        test    al, al
        jz      .done
        stosb
        inc     edi
        jmp     put_in_bar
.done:  mov     byte [screen_is_stale], 1
        ret

title:  db      "qmpd demo guest", 0
