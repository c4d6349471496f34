; The demo guest: firmware and program in one ROM of 64 KiB, for a PC that has nothing else.
;
; It shows what a monitor can see and control: a text console with a font of its own, a graphics mode, keys, pointers,
; a serial port, a clock, a disk, the power button, and some ways to misbehave.  docs/guest.md tells how to use it.
;
; The ROM lies in the last 64 KiB of the first MiB and is run where it lies.  It starts in real mode, goes on in
; protected mode with paging, and stays there.  One loop (main.asm) does everything but take notes: interrupts only put
; what has come into a queue.
;
; Rebuild demo.bin with `npm run rom`.

%include "memory.asm"

        org ROM

%include "boot.asm"
%include "interrupts.asm"
%include "keyboard.asm"
%include "pointer.asm"
%include "serial.asm"
%include "screen.asm"
%include "console.asm"
%include "clock.asm"
%include "graphics.asm"
%include "scenes.asm"
%include "disk.asm"
%include "power.asm"
%include "commands.asm"
%include "main.asm"
%include "font.asm"

        times RESET_VECTOR - ($ - $$) db 0xff
bits 16
        jmp     ROM >> 4:real_mode - $$
        times ROM_BYTES - ($ - $$) db 0
