; What the graphics mode shows: a face that wanders over an evening sky and looks at the pointer, and the rainbow of
; `paint`.
;
; Each of the two pages remembers what was drawn on it last, so that only that is taken back.

TITLE_Y         equ 16
CAPTION_Y       equ SCREEN_HEIGHT - 48
TEXT_HEIGHT     equ GLYPH_ROWS * TEXT_SCALE
MARGIN          equ 16

FACE_WIDTH      equ 200
FACE_HEIGHT     equ 186
FACE_TOP        equ TITLE_Y + TEXT_HEIGHT + 8
FACE_BOTTOM     equ CAPTION_Y - 8

COLOUR_CASE     equ 0xd8d4c8
COLOUR_SHADE    equ 0xa8a498
COLOUR_SCREEN   equ 0x20303c
COLOUR_WHITE    equ 0xffffff
COLOUR_PUPIL    equ 0x101820
COLOUR_MOUTH    equ 0xff9060
COLOUR_TITLE    equ 0xffe0a0
COLOUR_CAPTION  equ 0xe8f0ff

ARROW_WIDTH     equ 16
ARROW_HEIGHT    equ 24

; A page's marks.
MARK_DRAWN      equ 0
MARK_FACE       equ 4
MARK_POINTER    equ 12
MARK_BYTES      equ 20

command_graphics:
        cmp     dword [guest_framebuffer], 0
        je      no_graphics
        call    open_canvas
        mov     dword [page_marks + MARK_DRAWN], 0
        mov     dword [page_marks + MARK_BYTES + MARK_DRAWN], 0
        mov     dword [face_x], 180
        mov     dword [face_y], 120
        mov     dword [face_dx], 5
        mov     dword [face_dy], 3
        mov     dword [guest_mode], MODE_GRAPHICS
        mov     ax, FRAME_DIVISOR
        call    set_timer
        ; The first frame, below.

; Draws and shows the next frame.
draw_scene:
        pushad
        mov     ebp, [canvas_page]
        imul    ebp, MARK_BYTES
        add     ebp, page_marks
        cmp     dword [ebp + MARK_DRAWN], 0
        jne     .again
        mov     dword [ebp + MARK_DRAWN], 1
        xor     eax, eax
        xor     ebx, ebx
        mov     ecx, SCREEN_WIDTH
        mov     edx, SCREEN_HEIGHT
        call    fill_sky
        jmp     .draw
.again: mov     eax, [ebp + MARK_FACE]
        mov     ebx, [ebp + MARK_FACE + 4]
        mov     ecx, FACE_WIDTH
        mov     edx, FACE_HEIGHT
        call    fill_sky
        mov     eax, [ebp + MARK_POINTER]
        mov     ebx, [ebp + MARK_POINTER + 4]
        call    clip_arrow
        call    fill_sky

.draw:  call    move_face
        mov     eax, [face_x]
        mov     ebx, [face_y]
        mov     [ebp + MARK_FACE], eax
        mov     [ebp + MARK_FACE + 4], ebx
        call    draw_face
        call    draw_title
        call    draw_caption
        mov     eax, [guest_pointer_x]
        mov     ebx, [guest_pointer_y]
        mov     [ebp + MARK_POINTER], eax
        mov     [ebp + MARK_POINTER + 4], ebx
        call    draw_arrow
        call    show_page
        popad
        ret

; One step, and back from the edges.
move_face:
        mov     esi, face_x
        mov     ebx, MARGIN
        mov     ecx, SCREEN_WIDTH - FACE_WIDTH - MARGIN
        call    .step
        mov     esi, face_y
        mov     ebx, FACE_TOP
        mov     ecx, FACE_BOTTOM - FACE_HEIGHT
.step:  mov     eax, [esi]
        add     eax, [esi + face_dx - face_x]
        cmp     eax, ebx
        jl      .turn
        cmp     eax, ecx
        jg      .turn
        mov     [esi], eax
        ret
.turn:  neg     dword [esi + face_dx - face_x]
        ret

; in: eax, ebx, its upper left corner
draw_face:
        pushad
        mov     ebp, .parts
.part:  mov     ecx, [ebp]              ; x, y, width, height, colour
        cmp     ecx, -1
        je      .eyes
        pushad
        add     eax, ecx
        add     ebx, [ebp + 4]
        mov     ecx, [ebp + 8]
        mov     edx, [ebp + 12]
        mov     esi, [ebp + 16]
        cmp     edx, -1                 ; A height of -1: a disc, whose radius is the width.
        je      .disc
        call    fill
        jmp     .next
.disc:  call    fill_disc
.next:  popad
        add     ebp, 20
        jmp     .part
.eyes:  add     eax, 62
        add     ebx, 56
        call    draw_eye
        add     eax, 76
        call    draw_eye
        popad
        ret

.parts: dd        8,   0, 184, 140, COLOUR_CASE
        dd        0,   8, 200, 124, COLOUR_CASE
        dd       16,  14, 168, 108, COLOUR_SCREEN
        dd      170, 131,   4,  -1, 0x40e070            ; the lamp that tells that it is on
        dd       84, 140,  32,  30, COLOUR_SHADE
        dd       40, 170, 120,  16, COLOUR_CASE
        dd      100,  86,  26,  -1, COLOUR_MOUTH        ; a disc, of which the screen hides the upper half
        dd       72,  58,  56,  34, COLOUR_SCREEN
        dd      -1

; in: eax, ebx, its centre.  It looks at the pointer.
draw_eye:
        pushad
        mov     ecx, 18
        mov     esi, COLOUR_WHITE
        call    fill_disc
        mov     edx, [guest_pointer_x]
        sub     edx, eax
        call    .glance
        add     eax, edx
        mov     edx, [guest_pointer_y]
        sub     edx, ebx
        call    .glance
        add     ebx, edx
        mov     ecx, 8
        mov     esi, COLOUR_PUPIL
        call    fill_disc
        popad
        ret
.glance:                                ; in, out: edx, how far; the pupil moves 7 at most
        sar     edx, 4
        cmp     edx, 7
        jle     .low
        mov     edx, 7
.low:   cmp     edx, -7
        jge     .done
        mov     edx, -7
.done:  ret

draw_title:
        pushad
        mov     ebx, TITLE_Y
        call    clear_text_row
        mov     eax, MARGIN
        mov     edx, COLOUR_TITLE
        mov     esi, title
        call    draw_text
        mov     esi, .frame
        call    draw_text
        push    eax
        mov     eax, [guest_frames]
        inc     eax
        call    decimal
        pop     eax
        call    draw_text
        mov     eax, SCREEN_WIDTH - MARGIN - 19 * 8 * TEXT_SCALE
        mov     esi, clock_text
        call    draw_text
        popad
        ret
.frame: db      "   frame ", 0

; The line that is being typed: the last of it, as far as there is room.
draw_caption:
        pushad
        mov     ebx, CAPTION_Y
        call    clear_text_row
        mov     eax, MARGIN
        mov     edx, COLOUR_CAPTION
        mov     esi, .prompt
        call    draw_text
        mov     ecx, [line_length]
        mov     byte [line + ecx], 0
        xor     esi, esi
        sub     ecx, (SCREEN_WIDTH - 2 * MARGIN) / (8 * TEXT_SCALE) - 3
        jle     .draw
        mov     esi, ecx
.draw:  add     esi, line
        call    draw_text
        mov     cl, BLOCK               ; the cursor
        call    draw_glyph
        popad
        ret
.prompt:
        db      CHEVRON, " ", 0

; in: ebx
clear_text_row:
        xor     eax, eax
        mov     ecx, SCREEN_WIDTH
        mov     edx, TEXT_HEIGHT
        jmp     fill_sky

; in: eax, ebx, a place of the arrow; out: ecx, edx, its size within the screen
clip_arrow:
        mov     ecx, SCREEN_WIDTH
        sub     ecx, eax
        cmp     ecx, ARROW_WIDTH
        jle     .height
        mov     ecx, ARROW_WIDTH
.height:
        mov     edx, SCREEN_HEIGHT
        sub     edx, ebx
        cmp     edx, ARROW_HEIGHT
        jle     .done
        mov     edx, ARROW_HEIGHT
.done:  ret

; in: eax, ebx, where its point is.  While a button is held it is filled otherwise.
draw_arrow:
        pushad
        call    clip_arrow
        call    canvas_address
        mov     ebx, COLOUR_WHITE
        cmp     dword [guest_buttons], 0
        je      .draw
        mov     ebx, COLOUR_MOUTH
.draw:  mov     esi, arrow
.row:   push    ecx
        push    edi
        mov     eax, [esi]              ; ax: what is filled; above it, the outline
        add     esi, 4
        mov     ebp, eax
        shr     ebp, 16
.pixel: add     ax, ax
        jc      .fill
        test    bp, bp
        jns     .next
        mov     dword [edi], COLOUR_PUPIL
        jmp     .next
.fill:  mov     [edi], ebx
.next:  add     ebp, ebp
        add     edi, PIXEL_BYTES
        loop    .pixel
        pop     edi
        pop     ecx
        add     edi, [canvas_pitch]
        dec     edx
        jnz     .row
        popad
        ret

; Paints until it is called.  Row y of frame n begins at colour (y + 4n) mod 1024 of the rainbow.
command_paint:
        cmp     dword [guest_framebuffer], 0
        je      no_graphics
        call    make_rainbow
        call    open_canvas
        mov     dword [guest_mode], MODE_PAINT
.frame: mov     edx, [guest_frames]
        inc     edx
        lea     edx, [edx * 4 + STRIP_ROWS]
        xor     eax, eax
        mov     ebx, STRIP_ROWS
        call    canvas_address
        mov     ecx, SCREEN_HEIGHT - 2 * STRIP_ROWS
.row:   and     edx, 1023
        lea     esi, [RAINBOW + edx * 4]
        push    ecx
        mov     ecx, SCREEN_WIDTH
        rep     movsd
        pop     ecx
        inc     edx
        loop    .row
        call    show_page
        call    background
        call    is_called
        jnc     .frame
        call    take_character
        jmp     text_mode

; Colour i is r, g, b: the waves of i, i + 341 and i + 682.
make_rainbow:
        mov     edi, RAINBOW
        xor     ecx, ecx
.next:  mov     eax, ecx
        call    .wave
        mov     ebx, eax
        lea     eax, [ecx + 341]
        call    .wave
        shl     ebx, 8
        or      ebx, eax
        lea     eax, [ecx + 682]
        call    .wave
        shl     ebx, 8
        or      eax, ebx
        stosd
        inc     ecx
        cmp     ecx, 2048
        jb      .next
        ret
.wave:  and     eax, 1023               ; up from 0 to 255, and down again
        test    eax, 512
        jz      .up
        xor     eax, 1023
.up:    shr     eax, 1
        ret

; Changes the mode with each tick, a hundred times a second, until it is called.
command_modes:
        cmp     dword [guest_framebuffer], 0
        je      no_graphics
        mov     dword [guest_mode], MODE_MODES
        mov     ax, MODES_DIVISOR
        call    set_timer
        mov     dword [repeat_count], 0
.first: mov     esi, .modes
.next:  lodsd
        movzx   ecx, ax
        shr     eax, 16
        jz      .text
        call    set_graphics_mode
        call    .draw
        jmp     .changed
.text:  call    show_text
        mov     esi, .last
.changed:
        inc     dword [guest_mode_changes]
        inc     dword [repeat_count]
        mov     eax, [guest_ticks]
.tick:  call    is_called
        jc      .end
        hlt
        cmp     eax, [guest_ticks]
        je      .tick
        call    background
        cmp     esi, .last
        jb      .next
        jmp     .first
.end:   call    take_character
        call    text_mode
        mov     eax, [repeat_count]
        call    put_decimal
        mov     esi, .told
        jmp     puts
.draw:  pushad                          ; eax, ecx: its size, which stands in its upper left corner
        push    ecx
        push    eax
        mov     ecx, eax
        mov     edx, 2 * MARGIN + TEXT_HEIGHT
        xor     eax, eax
        xor     ebx, ebx
        call    fill_sky
        pop     eax
        call    decimal
        mov     eax, MARGIN
        mov     ebx, MARGIN
        mov     edx, COLOUR_TITLE
        call    draw_text
        mov     cl, 'x'
        call    draw_glyph
        add     eax, 8 * TEXT_SCALE
        pop     ecx
        xchg    eax, ecx
        call    decimal
        xchg    eax, ecx
        call    draw_text
        popad
        ret
.modes: dw      480, 640, 600, 800, 768, 1024, 1024, 1280, 0, 0
.last:
.told:  db      " changes of mode", CHARACTER_LF, 0

command_text:
        cmp     dword [guest_mode], MODE_TEXT
        jne     text_mode
        ret

no_graphics:
        mov     esi, .text
        jmp     puts
.text:  db      "there is no graphics card", CHARACTER_LF, 0
