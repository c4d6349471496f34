; Ways to end: switched off, reset, fallen over, standing still; and the power button.
;
; The button is ACPI's: interrupt 9, and bit 8 of the status at port 600, which is acknowledged by writing it back.
; Where the machine has no such port it reads as all ones, and the interrupt alone is the button.

POWER_BUTTON    equ 0x100
SLEEP_ENABLE    equ 0x2000              ; with sleep type 0, which is soft-off

power_start:
        mov     dx, POWER_ENABLE
        mov     ax, POWER_BUTTON
        out     dx, ax
        ret

; From the interrupt.
power_event:
        mov     dx, POWER_EVENT
        in      ax, dx
        test    ax, POWER_BUTTON
        jz      .other
        mov     ax, POWER_BUTTON
        out     dx, ax
        inc     dword [guest_power]
        mov     byte [power_pressed], 1
.other: ret

; Does not return.
power_off_by_button:
        cmp     dword [guest_mode], MODE_TEXT
        je      .text
        call    text_mode
.text:  mov     esi, pressed_text
        call    puts
command_off:
        mov     esi, good_night_text
        call    puts
        call    screen_flush
        mov     dx, POWER_CONTROL
        mov     ax, SLEEP_ENABLE
        out     dx, ax
        jmp     stand_still
good_night_text:
        db      COOL, "Good night. ", ALERT, HEART, PLAIN, CHARACTER_LF, 0
pressed_text:
        db      CHARACTER_LF, WARM, "power button pressed", PLAIN, CHARACTER_LF, 0

; Does not return.
command_reset:
        mov     esi, .text
        call    puts
        call    screen_flush
        mov     dx, RESET_CONTROL
        mov     al, 0x02
        out     dx, al
        mov     al, 0x06
        out     dx, al
        hlt                             ; A machine without that port has a keyboard controller that can do it.
        mov     al, 0xfe
        out     PS2_STATUS, al
        jmp     stand_still
.text:  db      COOL, "See you in a moment.", PLAIN, CHARACTER_LF, 0

; A fault whose handling faults, whose handling faults again: the CPU gives up.
command_fault:
        mov     esi, .text
        call    puts
        call    screen_flush
        lidt    [no_idt_pointer]
        int3
.text:  db      ALERT, "Falling over.", PLAIN, CHARACTER_LF, 0

; Does not return: nothing interrupts it.
command_halt:
        mov     esi, standing_text
        call    puts
        call    screen_flush
        ; Into the loop, below.

stand_still:
        cli
        hlt
        jmp     stand_still

standing_text:
        db      COOL, "Standing still, for good.", PLAIN, CHARACTER_LF, 0
