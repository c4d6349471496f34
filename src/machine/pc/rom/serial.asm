; COM1.  What it receives is typed at the prompt; what is written on the console goes out here too.
;
; Nothing is lost in either direction: bytes that the queue has no room for wait in the port, and a port that is not ready
; is waited for, asleep.  Only a machine that is told to turn off, or to start over, does so without its last words.

RECEIVED        equ 0x01
TRANSMITTER_READY equ 0x20
INTERRUPT_RECEIVED equ 0x01
INTERRUPT_READY equ 0x02

serial_start:
        mov     esi, .settings
.next:  lodsw
        test    ax, ax
        jz      .done
        movzx   dx, al
        add     dx, COM1 & 0xff00
        mov     al, ah
        out     dx, al
        jmp     .next
.done:  ret
.settings:                              ; register, value
        db      0xfb, 0x80              ; the divisor's registers
        db      0xf8, 0x01              ; 115200 baud
        db      0xf9, 0x00
        db      0xfb, 0x03              ; 8 bits, no parity
        db      0xfa, 0x07              ; FIFOs on, and emptied
        db      0xfc, 0x0b              ; ready, and interrupts let through
        db      0xf9, INTERRUPT_RECEIVED
        dw      0

; Takes what has come, as far as there is room.  Interrupts are off.  Changes eax, ebx, ecx, edx.
serial_take:
        mov     ebx, [input_head]
        inc     ebx
        and     ebx, INPUT_RING_BYTES - 1
        cmp     ebx, [input_tail]
        je      .done
        mov     dx, COM1 + 5
        in      al, dx
        test    al, RECEIVED
        jz      .done
        mov     dx, COM1
        in      al, dx
        call    input_push
        jmp     serial_take
.done:  ret

; in: al
serial_put:
        push    eax
        push    edx
        mov     ah, al
        mov     dx, COM1 + 5
.again: in      al, dx
        test    al, TRANSMITTER_READY
        jnz     .ready
        mov     al, [power_pressed]
        or      al, [reset_asked]
        jnz     .done
        call    serial_wait
        jmp     .again
.ready: mov     dx, COM1
        mov     al, ah
        out     dx, al
.done:  pop     edx
        pop     eax
        ret

; Sleeps until the port is ready, or anything else happens.  The screen does not wait for it.
serial_wait:
        call    screen_flush
        push    eax
        push    edx
        mov     dx, COM1 + 1
        cli
        mov     al, INTERRUPT_RECEIVED | INTERRUPT_READY
        out     dx, al
        sti
        hlt
        mov     al, INTERRUPT_RECEIVED
        out     dx, al
        pop     edx
        pop     eax
        ret

; in: esi, a text ended by a 0.  Where interrupts are off: it does not sleep.
serial_puts_polled:
        lodsb
        test    al, al
        jz      .done
        mov     ah, al
        mov     dx, COM1 + 5
.wait:  in      al, dx
        test    al, TRANSMITTER_READY
        jz      .wait
        mov     dx, COM1
        mov     al, ah
        out     dx, al
        jmp     serial_puts_polled
.done:  ret
