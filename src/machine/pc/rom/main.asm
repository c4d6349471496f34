; The main loop: what was typed, what a tick brings, and sleep in between.

main:
        mov     esi, banner
        call    puts
        call    new_prompt
        sti
.next:  call    take_character
        jc      .rest
        call    prompt_character
        jmp     .next
.rest:  call    background
        call    screen_flush
        cli                             ; Nothing comes between the last look and sleep.
        call    is_called
        jc      .awake
        mov     eax, [guest_ticks]
        cmp     eax, [seen_ticks]
        jne     .awake
        sti
        hlt
        jmp     .next
.awake: sti
        jmp     .next

; What is due once a tick, and what was asked for from outside.  Commands that go on call it too.
background:
        pushad
        cmp     byte [power_pressed], 0
        jne     power_off_by_button
        cmp     byte [reset_asked], 0
        jne     command_reset
        mov     eax, [guest_ticks]
        cmp     eax, [seen_ticks]
        je      .done
        mov     [seen_ticks], eax
        call    pointer_poll
        call    clock_update
        cmp     dword [guest_mode], MODE_GRAPHICS
        jne     .done
        call    draw_scene
.done:  popad
        ret

new_prompt:
        mov     dword [line_length], 0
        mov     esi, .text
        jmp     puts
.text:  db      WARM, "> ", PLAIN, 0

; in: al
prompt_character:
        mov     ah, al
        xchg    ah, [last_character]
        cmp     al, CHARACTER_ENTER
        je      .enter
        cmp     al, CHARACTER_LF
        je      .line_feed
        cmp     al, CHARACTER_BACKSPACE
        je      .backspace
        cmp     al, 0x7f
        je      .backspace
        cmp     al, CHARACTER_ESCAPE
        je      command_text
        cmp     al, 'U' & 0x1f
        je      .rub_out
        cmp     al, ' '
        jb      .ignored
        cmp     al, 0x7f
        ja      .ignored
        mov     ecx, [line_length]
        cmp     ecx, LINE_LENGTH_MAX
        jae     .ignored
        mov     [line + ecx], al
        inc     dword [line_length]
        jmp     putc

.rub_out:
        call    .backspace
        cmp     dword [line_length], 0
        jne     .rub_out
        ret
.backspace:
        cmp     dword [line_length], 0
        je      .ignored
        dec     dword [line_length]
        mov     al, CHARACTER_BACKSPACE
        jmp     putc
.ignored:
        ret

.line_feed:
        cmp     ah, CHARACTER_ENTER     ; The two are one end of a line.
        je      .ignored
.enter: mov     al, CHARACTER_LF
        call    putc
        mov     ecx, [line_length]
        mov     byte [line + ecx], 0
        inc     ecx
        mov     esi, line
        mov     edi, guest_line
        rep     movsb
        inc     dword [guest_line_count]
        mov     dword [line_length], 0
        call    run_line
        jmp     new_prompt

banner: db      CHARACTER_LF
        db      COOL, "   ", CORNER_TOP_LEFT
        times 10 db LINE_ACROSS
        db      CORNER_TOP_RIGHT, CHARACTER_LF
        db      "   ", LINE_DOWN, BRIGHT, "  ", EYE, "    ", EYE, "  ", COOL, LINE_DOWN
        db      BRIGHT, "    Hello!", CHARACTER_LF
        db      COOL, "   ", LINE_DOWN, WARM, "   ", MOUTH_LEFT, MOUTH, MOUTH, MOUTH_RIGHT, "   ", COOL, LINE_DOWN
        db      PLAIN, "    I am a small PC, and somebody is looking at me.", CHARACTER_LF
        db      COOL, "   ", CORNER_BOTTOM_LEFT
        times 4 db LINE_ACROSS
        db      TEE_DOWN, TEE_DOWN
        times 4 db LINE_ACROSS
        db      CORNER_BOTTOM_RIGHT
        db      PLAIN, "    Type ", GREEN, "help", PLAIN, " and press Enter.", CHARACTER_LF
        db      COOL, "      "
        times 6 db LINE_ACROSS
        db      PLAIN, CHARACTER_LF, CHARACTER_LF, 0
