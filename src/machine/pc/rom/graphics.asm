; Graphics: modes of the Bochs VBE ports, 32 bits a pixel, and what is drawn with.
;
; Drawing goes to a page that is not shown; `show_page` exchanges the two.  So whoever looks sees whole frames only.

VBE_WIDTH       equ 1
VBE_HEIGHT      equ 2
VBE_BITS        equ 3
VBE_ENABLE      equ 4
VBE_Y_OFFSET    equ 9
VBE_ENABLED     equ 0x41                ; with a linear framebuffer, and cleared

PIXEL_BYTES     equ 4
TEXT_SCALE      equ 2

; The frame's number, on the first and the last rows: 32 cells, the highest bit first.
STRIP_ROWS      equ 8
STRIP_CELL      equ SCREEN_WIDTH / 32
STRIP_BOTTOM    equ SCREEN_HEIGHT - STRIP_ROWS

; in: ebx, the register, ax, the value.  Changes edx.
vbe_write:
        push    eax
        mov     dx, VBE_INDEX
        mov     eax, ebx
        out     dx, ax
        mov     dx, VBE_DATA
        mov     eax, [esp]
        out     dx, ax
        pop     eax
        ret

; in: eax, width, ecx, height
set_graphics_mode:
        pushad
        mov     esi, eax
        mov     ebx, VBE_ENABLE
        xor     eax, eax
        call    vbe_write
        mov     ebx, VBE_WIDTH
        mov     eax, esi
        call    vbe_write
        mov     ebx, VBE_HEIGHT
        mov     eax, ecx
        call    vbe_write
        mov     ebx, VBE_BITS
        mov     eax, 32
        call    vbe_write
        mov     ebx, VBE_ENABLE
        mov     eax, VBE_ENABLED
        call    vbe_write
        shl     esi, 2
        mov     [canvas_pitch], esi
        mov     dword [canvas_page], 0
        mov     eax, [guest_framebuffer]
        mov     [canvas], eax
        popad
        ret

; 1024x768 with two pages, of which the first is shown and the second is drawn.
open_canvas:
        pushad
        mov     eax, SCREEN_WIDTH
        mov     ecx, SCREEN_HEIGHT
        call    set_graphics_mode
        call    turn_page
        popad
        ret

; Shows what was drawn, with its number, and goes on with the other page.
show_page:
        pushad
        mov     edx, [guest_frames]
        inc     edx
        xor     ebx, ebx
        call    draw_strip
        mov     ebx, STRIP_BOTTOM
        call    draw_strip
        push    edx
        mov     eax, [canvas_page]
        imul    eax, SCREEN_HEIGHT
        mov     ebx, VBE_Y_OFFSET
        call    vbe_write
        pop     edx
        mov     [guest_frames], edx
        call    turn_page
        popad
        ret

turn_page:
        xor     dword [canvas_page], 1
        mov     eax, [canvas_page]
        imul    eax, SCREEN_WIDTH * SCREEN_HEIGHT * PIXEL_BYTES
        add     eax, [guest_framebuffer]
        mov     [canvas], eax
        ret

; in: ebx, the first row, edx, the number
draw_strip:
        pushad
        mov     ebp, edx
        xor     eax, eax
.cell:  xor     esi, esi
        shl     ebp, 1
        jnc     .draw
        mov     esi, 0xffffff
.draw:  mov     ecx, STRIP_CELL
        mov     edx, STRIP_ROWS
        call    fill
        add     eax, STRIP_CELL
        cmp     eax, SCREEN_WIDTH
        jb      .cell
        popad
        ret

; in: eax, x, ebx, y, ecx, width, edx, height, esi, colour
fill:
        pushad
        call    canvas_address
        mov     eax, esi
        mov     ebx, [canvas_pitch]
        mov     esi, ecx
.row:   mov     ecx, esi
        mov     ebp, edi
        rep     stosd
        lea     edi, [ebp + ebx]
        dec     edx
        jnz     .row
        popad
        ret

; in: eax, x, ebx, y; out: edi
canvas_address:
        mov     edi, ebx
        imul    edi, [canvas_pitch]
        lea     edi, [edi + eax * PIXEL_BYTES]
        add     edi, [canvas]
        ret

; The evening sky that everything stands before, by rows.  in: as `fill`, without a colour
fill_sky:
        pushad
.row:   push    edx
        call    sky
        mov     edx, 1
        call    fill
        pop     edx
        inc     ebx
        dec     edx
        jnz     .row
        popad
        ret

; in: ebx, y; out: esi
sky:    push    eax
        mov     eax, ebx
        shr     eax, 3
        lea     esi, [eax + 52]         ; blue
        shr     eax, 1
        push    ebx
        lea     ebx, [eax + 24]         ; green
        shl     ebx, 8
        or      esi, ebx
        mov     ebx, [esp]
        shr     ebx, 2
        add     ebx, 16                 ; red: it rises fastest, towards the horizon
        shl     ebx, 16
        or      esi, ebx
        pop     ebx
        pop     eax
        ret

; in: eax, ebx, the centre, ecx, the radius, esi, colour
fill_disc:
        pushad
        mov     ebp, ecx
        imul    ebp, ebp                ; ebp: the radius squared
        mov     edi, ecx
        neg     edi                     ; edi: the row, from the centre
        mov     edx, ecx                ; edx: the last row
.row:   push    edx
        mov     edx, edi
        imul    edx, edx
        sub     edx, ebp
        neg     edx                     ; edx: the half width squared, at most
        call    square_root
        push    eax
        push    ebx
        sub     eax, ecx
        add     ebx, edi
        lea     ecx, [ecx * 2 + 1]
        mov     edx, 1
        call    fill
        pop     ebx
        pop     eax
        pop     edx
        inc     edi
        cmp     edi, edx
        jle     .row
        popad
        ret

; in: edx; out: ecx, rounded down
square_root:
        push    eax
        push    edx
        xor     ecx, ecx
        mov     eax, 1                  ; The odd numbers add up to the squares.
.next:  sub     edx, eax
        jl      .done
        add     eax, 2
        inc     ecx
        jmp     .next
.done:  pop     edx
        pop     eax
        ret

; in: eax, x, ebx, y, esi, a text ended by a 0, edx, colour; out: eax, x behind it
draw_text:
        push    ecx
        push    esi
.next:  xor     ecx, ecx
        mov     cl, [esi]
        inc     esi
        test    cl, cl
        jz      .done
        call    draw_glyph
        add     eax, 8 * TEXT_SCALE
        jmp     .next
.done:  pop     esi
        pop     ecx
        ret

; in: eax, x, ebx, y, cl, the character, edx, colour
draw_glyph:
        pushad
        call    canvas_address
        mov     al, cl
        call    find_glyph
        mov     ecx, GLYPH_ROWS
        mov     ebp, [canvas_pitch]
.row:   mov     al, [ebx]
        add     ebx, GLYPHS_A_BAND
        mov     esi, edi
.bit:   test    al, al
        jz      .next
        add     al, al
        jnc     .blank
        mov     [esi], edx
        mov     [esi + PIXEL_BYTES], edx
        mov     [esi + ebp], edx
        mov     [esi + ebp + PIXEL_BYTES], edx
.blank: add     esi, TEXT_SCALE * PIXEL_BYTES
        jmp     .bit
.next:  lea     edi, [edi + ebp * TEXT_SCALE]
        loop    .row
        popad
        ret
