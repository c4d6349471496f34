; The keyboard: scan codes of set 1 in, characters of the US layout out, into the queue that the prompt reads.
;
; Every byte is noted in the promised page, whatever it means here.

KEY_LEFT_SHIFT      equ 0x2a
KEY_RIGHT_SHIFT     equ 0x36
KEY_CONTROL         equ 0x1d
KEY_ALT             equ 0x38
KEY_CAPS_LOCK       equ 0x3a
KEY_DELETE          equ 0x53
KEY_EXTENDED        equ 0xe0
KEY_PAUSE           equ 0xe1
KEY_RELEASED        equ 0x80

CHARACTER_BACKSPACE equ 8
CHARACTER_ENTER     equ 13
CHARACTER_ESCAPE    equ 27

; Both ports on, with their interrupts, scan codes translated to set 1, and both devices told to speak.
ps2_start:
        mov     al, 0xae
        call    ps2_command
        mov     al, 0xa8
        call    ps2_command
        mov     al, 0x60
        call    ps2_command
        mov     al, 0x47
        call    ps2_write
        mov     al, 0xf4
        call    ps2_write_acknowledged
        mov     al, 0xd4
        call    ps2_command
        mov     al, 0xf4
        jmp     ps2_write_acknowledged

ps2_command:
        call    ps2_wait_writable
        out     PS2_STATUS, al
        ret

ps2_write:
        call    ps2_wait_writable
        out     PS2_DATA, al
        ret

ps2_wait_writable:
        push    eax
        push    ecx
        mov     ecx, 0x10000
.wait:  in      al, PS2_STATUS
        test    al, 0x02
        loopnz  .wait
        pop     ecx
        pop     eax
        ret

; The acknowledgement is of no interest, but it must not be taken for a key later.
ps2_write_acknowledged:
        call    ps2_write
        push    ecx
        mov     ecx, 0x10000
.wait:  in      al, PS2_STATUS
        test    al, 0x01
        loopz   .wait
        in      al, PS2_DATA
        pop     ecx
        ret

; in: al; interrupts are off
key_byte:
        movzx   edx, byte [guest_scancode_count]
        mov     [guest_scancodes + edx], al
        inc     dword [guest_scancode_count]
        cmp     byte [key_skip], 0
        je      .begin
        dec     byte [key_skip]
        ret
.begin: cmp     al, KEY_EXTENDED
        jne     .pause
        mov     byte [key_is_extended], 1
        ret
.pause: cmp     al, KEY_PAUSE
        jne     .key
        mov     byte [key_skip], 2      ; E1 1D 45, and the same again for its release
        ret
.key:   xor     ebx, ebx
        xchg    bl, [key_is_extended]   ; bl: whether an E0 came before
        mov     dl, al
        shr     dl, 7
        xor     dl, 1                   ; dl: 1 pressed, 0 released
        and     al, ~KEY_RELEASED
        cmp     al, KEY_CONTROL
        je      .control
        cmp     al, KEY_ALT
        je      .alt
        test    bl, bl
        jnz     .plain                  ; E0 2A and E0 36 are no shift keys.
        cmp     al, KEY_LEFT_SHIFT
        je      .left_shift
        cmp     al, KEY_RIGHT_SHIFT
        je      .right_shift
.plain: test    dl, dl
        jz      .done
        cmp     al, KEY_CAPS_LOCK
        je      .caps_lock
        cmp     al, KEY_DELETE
        je      .delete
        test    bl, bl
        jnz     .extended
        cmp     al, KEYS
        jae     .done
        movzx   ebx, al
        mov     al, [keys_plain + ebx]
        mov     ah, [keys_shifted + ebx]
        jmp     key_character
.extended:                              ; Of these, the numeric keypad's own two.
        mov     ah, CHARACTER_ENTER
        cmp     al, 0x1c
        je      .same
        mov     ah, '/'
        cmp     al, 0x35
        jne     .done
.same:  mov     al, ah
        jmp     input_push
.control:
        mov     [control_held], dl
        ret
.alt:   mov     [alt_held], dl
        ret
.left_shift:
        and     byte [shift_held], ~1
        or      [shift_held], dl
        ret
.right_shift:
        shl     dl, 1
        and     byte [shift_held], ~2
        or      [shift_held], dl
        ret
.caps_lock:
        xor     byte [caps_locked], 1
        ret
.delete:
        mov     ah, [control_held]
        test    [alt_held], ah
        jz      .point
        mov     byte [reset_asked], 1
        ret
.point: test    bl, bl
        jnz     .done
        mov     al, '.'
        jmp     input_push
.done:  ret

; in: al, ah, the character without and with shift; 0 for none
key_character:
        mov     dl, [shift_held]
        cmp     al, 'a'
        jb      .shift
        cmp     al, 'z'
        ja      .shift
        cmp     byte [control_held], 0
        jne     .control
        cmp     byte [caps_locked], 0
        je      .shift
        cmp     byte [shift_held], 0
        setz    dl
.shift: test    dl, dl
        jz      .push
        mov     al, ah
.push:  test    al, al
        jnz     input_push
        ret
.control:
        and     al, 0x1f
        ; Into the queue, below.

; in: al; interrupts are off.  A full queue forgets what is typed; what the serial port has stays there (serial.asm).
input_push:
        mov     ebx, [input_head]
        lea     edx, [ebx + 1]
        and     edx, INPUT_RING_BYTES - 1
        cmp     edx, [input_tail]
        je      .full
        mov     [input_ring + ebx], al
        mov     [input_head], edx
.full:  ret

; out: al, or carry when there is none
take_character:
        push    ebx
        mov     ebx, [input_tail]
        cmp     ebx, [input_head]
        je      .none
        mov     al, [input_ring + ebx]
        inc     ebx
        and     ebx, INPUT_RING_BYTES - 1
        mov     [input_tail], ebx
        pop     ebx
        pushad
        cli                             ; There is room again for what waits in the serial port.
        call    serial_take
        sti
        popad
        clc
        ret
.none:  pop     ebx
        stc
        ret

; out: carry when something wants attention: a key, the power button, Ctrl-Alt-Del
is_called:
        push    eax
        mov     eax, [input_tail]
        cmp     eax, [input_head]
        jne     .yes
        mov     al, [power_pressed]
        or      al, [reset_asked]
        jnz     .yes
        pop     eax
        clc
        ret
.yes:   pop     eax
        stc
        ret

keys_plain:
        db      0, CHARACTER_ESCAPE, "1234567890-=", CHARACTER_BACKSPACE, 9
        db      "qwertyuiop[]", CHARACTER_ENTER, 0
        db      "asdfghjkl;'`", 0, "\zxcvbnm,./", 0, "*", 0, " ", 0
        times 10 db 0                   ; F1 to F10
        db      0, 0                    ; Num Lock and Scroll Lock
        db      "789-456+1230.", 0, 0, "\"
KEYS    equ     $ - keys_plain
keys_shifted:
        db      0, CHARACTER_ESCAPE, "!@#$%^&*()_+", CHARACTER_BACKSPACE, 9
        db      "QWERTYUIOP{}", CHARACTER_ENTER, 0
        db      'ASDFGHJKL:"~', 0, "|ZXCVBNM<>?", 0, "*", 0, " ", 0
        times 10 db 0
        db      0, 0
        db      "789-456+1230.", 0, 0, "|"
%if $ - keys_shifted != KEYS || KEYS != 0x57
%error "the tables of keys are not of one length"
%endif
