; Firmware of a PC that paints a picture and halts: for benchmarks, in our PC and in QEMU's alike.
;
;     nasm -f bin -o pc-firmware.bin pc-firmware.asm
;
; What it assembles to stands in pc-firmware.ts, where the words at `width` and `height` are set.  The picture is painted while
; the screen is small: when it has its full size, it is whole.
;
; Sources: Bochs VBE extensions; VGA, attribute controller.

bits 16
org 0

start:
        cli
        cld
        mov si, small
        call set_registers
        mov dx, 0x3da           ; The next write to 0x3c0 is an index.
        in al, dx
        mov dx, 0x3c0
        mov al, 0x20            ; Screen on.
        out dx, al
        mov ax, 0xa000
        mov es, ax
        xor ebx, ebx            ; The colour.
        xor bp, bp              ; The bank of 64 KiB.
bank:
        mov dx, 0x1ce
        mov ax, 5
        out dx, ax
        inc dx
        mov ax, bp
        out dx, ax
        xor di, di
        mov cx, 0x4000
pixel:
        mov eax, ebx
        stosd
        add ebx, 0x000103
        and ebx, 0x00ffffff
        loop pixel
        inc bp
        cmp bp, 128             ; 8 MiB.
        jb bank
        mov si, full
        call set_registers
halt:
        hlt
        jmp halt

; Writes the five pairs of register and value at `si`.
set_registers:
        mov cx, 5
.next:
        mov dx, 0x1ce
        cs lodsw
        out dx, ax
        inc dx
        cs lodsw
        out dx, ax
        loop .next
        ret

small:  dw 4, 0, 1, 160, 2, 100, 3, 32, 4, 0x41
full:   dw 4, 0, 1
width:  dw 0
        dw 2
height: dw 0
        dw 3, 32, 4, 0xc1       ; Enabled, linear, memory is kept.
