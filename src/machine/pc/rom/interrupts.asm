; Interrupts: each takes note of what has come and returns.  The work is the main loop's.
;
; A fault of the guest's own is told on the serial port, and the machine stands still: it is a defect in here.

TIMER_HZ        equ 1193182
TEXT_DIVISOR    equ 0                   ; 65536: 18.2 Hz, so that a guest at rest costs next to nothing
FRAME_DIVISOR   equ 32768               ; 36.4 Hz
MODES_DIVISOR   equ TIMER_HZ / 100

VECTOR_IRQ0     equ 0x20
VECTOR_IRQ8     equ 0x28
END_OF_INTERRUPT equ 0x20

interrupts_start:
        mov     ebx, IDT
        mov     ecx, 32
        mov     eax, exceptions
.exception:
        call    set_gate
        add     ebx, 8
        add     eax, EXCEPTION_ENTRY_BYTES
        loop    .exception
        mov     ecx, 16
        mov     eax, ignore_interrupt
.irq:   call    set_gate
        add     ebx, 8
        loop    .irq
        mov     esi, handlers
.next:  movzx   ebx, byte [esi]
        test    ebx, ebx
        jz      .set
        lea     ebx, [IDT + ebx * 8]
        mov     eax, [esi + 1]
        call    set_gate
        add     esi, 5
        jmp     .next
.set:   lidt    [idt_pointer]

        ; Both controllers anew: vectors 20 and 28, the slave at line 2.
        mov     al, 0x11
        out     PIC_MASTER, al
        out     PIC_SLAVE, al
        mov     al, VECTOR_IRQ0
        out     PIC_MASTER + 1, al
        mov     al, VECTOR_IRQ8
        out     PIC_SLAVE + 1, al
        mov     al, 1 << 2
        out     PIC_MASTER + 1, al
        mov     al, 2
        out     PIC_SLAVE + 1, al
        mov     al, 1
        out     PIC_MASTER + 1, al
        out     PIC_SLAVE + 1, al
        mov     al, ~(1 << 0 | 1 << 1 | 1 << 2 | 1 << 4) & 0xff
        out     PIC_MASTER + 1, al
        mov     al, ~(1 << 1 | 1 << 4) & 0xff
        out     PIC_SLAVE + 1, al
        mov     ax, TEXT_DIVISOR
        jmp     set_timer

; The timer, keyboard, serial port, power button and mouse; a 0 ends the table.
handlers:
        db      VECTOR_IRQ0
        dd      timer_interrupt
        db      VECTOR_IRQ0 + 1
        dd      ps2_interrupt
        db      VECTOR_IRQ0 + 4
        dd      serial_interrupt
        db      VECTOR_IRQ8 + 1
        dd      power_interrupt
        db      VECTOR_IRQ8 + 4
        dd      ps2_interrupt
        db      0

; in: ebx, the entry of the table, eax, the handler
set_gate:
        push    eax
        mov     [ebx], ax
        mov     word [ebx + 2], CODE_SEGMENT
        mov     word [ebx + 4], 0x8e00  ; an interrupt gate of 32 bits
        shr     eax, 16
        mov     [ebx + 6], ax
        pop     eax
        ret

; in: ax, the divisor
set_timer:
        push    eax
        mov     al, 0x34                ; counter 0, low then high byte, rate generator
        out     PIT_COMMAND, al
        mov     al, [esp]
        out     PIT_COUNTER, al
        mov     al, [esp + 1]
        out     PIT_COUNTER, al
        pop     eax
        ret

timer_interrupt:
        push    eax
        inc     dword [guest_ticks]
        mov     al, END_OF_INTERRUPT
        out     PIC_MASTER, al
        pop     eax
        iret

; The keyboard and the mouse share the controller: its status tells whose byte it is.
ps2_interrupt:
        pushad
.next:  in      al, PS2_STATUS
        test    al, 0x01
        jz      .done
        mov     ah, al
        in      al, PS2_DATA
        test    ah, 0x20
        jnz     .mouse
        call    key_byte
        jmp     .next
.mouse: call    mouse_byte
        jmp     .next
.done:  jmp     end_slave_interrupt

serial_interrupt:
        pushad
        call    serial_take
        mov     dx, COM1 + 2            ; Reading its cause ends the transmitter's.
        in      al, dx
        mov     al, END_OF_INTERRUPT
        out     PIC_MASTER, al
        popad
        iret

power_interrupt:
        pushad
        call    power_event
end_slave_interrupt:
        mov     al, END_OF_INTERRUPT
        out     PIC_SLAVE, al
        out     PIC_MASTER, al
        popad
        iret

ignore_interrupt:
        iret

EXCEPTION_ENTRY_BYTES equ 8
exceptions:
%assign number 0
%rep 32
        push    byte number
        jmp     near exception
        times EXCEPTION_ENTRY_BYTES - 7 nop
%assign number number + 1
%endrep

exception:
        mov     esi, .text
        call    serial_puts_polled
        pop     eax
        call    hex_byte
        mov     esi, number_text
        call    serial_puts_polled
.halt:  cli
        hlt
        jmp     .halt
.text:  db      13, 10, "The demo guest has failed: exception 0x", 0
