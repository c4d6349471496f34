; Where everything is: ports, memory, and the page that is promised to whoever looks into this machine's memory.
;
; What docs/guest.md tells of an address is held here, and must not move.  The rest is private.

ROM             equ 0xf0000
ROM_BYTES       equ 0x10000
RESET_VECTOR    equ 0xfff0

CODE_SEGMENT    equ 0x08
DATA_SEGMENT    equ 0x10

; ---- Memory, physical ----
IDT             equ 0x1000
PAGE_DIRECTORY  equ 0x2000
LOW_TABLE       equ 0x3000              ; the first 4 MiB, by pages of 4 KiB
HIGH_TABLE      equ 0x4000              ; what is at HIGH
VARIABLES       equ 0x5000
CELLS           equ 0x6000              ; the text screen as it shall be
SHOWN           equ 0x7000              ; the text screen as it is in video memory
GUEST           equ 0x10000             ; the promised page
COUNTING        equ 0x13000             ; a page of the bytes 0, 1, 2 ... 255, again and again
STACK_TOP       equ 0x20000
RAINBOW         equ 0x30000             ; two periods of the colours of `paint`
VGA_FONT        equ 0xa0000
VGA_TEXT        equ 0xb8000
LOCAL_APIC_LINT0 equ 0xfee00350

; ---- Memory, virtual: all else is where it is physically, and where there is no memory there is no page ----
HIGH            equ 0xc0000000          ; GUEST, then COUNTING, then no page

PAGE_BYTES      equ 0x1000
LARGE_PAGE_BITS equ 22
PRESENT         equ 0x03                ; and writable
PRESENT_LARGE   equ 0x83

; ---- Ports ----
PIC_MASTER      equ 0x20
PIC_SLAVE       equ 0xa0
PIT_COUNTER     equ 0x40
PIT_COMMAND     equ 0x43
PS2_DATA        equ 0x60
PS2_STATUS      equ 0x64                ; and command
CMOS_INDEX      equ 0x70
CMOS_DATA       equ 0x71
DISK            equ 0x1f0
DISK_CONTROL    equ 0x3f6
VBE_INDEX       equ 0x1ce
VBE_DATA        equ 0x1cf
COM1            equ 0x3f8
ATTRIBUTE       equ 0x3c0
MISCELLANEOUS   equ 0x3c2
SEQUENCER       equ 0x3c4
DAC_INDEX       equ 0x3c8
GRAPHICS        equ 0x3ce
CRTC            equ 0x3d4
INPUT_STATUS    equ 0x3da
POWER_EVENT     equ 0x600               ; ACPI's PM1 status, where QEMU's PC has it
POWER_ENABLE    equ 0x602
POWER_CONTROL   equ 0x604
PCI_ADDRESS     equ 0xcf8
RESET_CONTROL   equ 0xcf9
PCI_DATA        equ 0xcfc
VMWARE          equ 0x5658

; ---- The promised page ----
MODE_TEXT       equ 0
MODE_GRAPHICS   equ 1
MODE_PAINT      equ 2
MODE_MODES      equ 3

LINE_LENGTH_MAX equ 72

        absolute GUEST
guest_marker:           resb 32         ; 00
guest_mode:             resd 1          ; 20  one of MODE_*
guest_ticks:            resd 1          ; 24  timer interrupts
guest_frames:           resd 1          ; 28  frames that have been shown
guest_mode_changes:     resd 1          ; 2c
guest_busy:             resd 1          ; 30  rounds of `busy`
guest_power:            resd 1          ; 34  times that the power button was pressed
guest_pointer_x:        resd 1          ; 38  0 to 1023
guest_pointer_y:        resd 1          ; 3c  0 to 767
guest_buttons:          resd 1          ; 40  1 left, 2 right, 4 middle
guest_wheel:            resd 1          ; 44  notches, towards the user counts up
guest_scancode_count:   resd 1          ; 48
guest_line_count:       resd 1          ; 4c  lines entered at the prompt
guest_framebuffer:      resd 1          ; 50  physical address
guest_memory_bytes:     resd 1          ; 54
                        resb 0x80 - ($ - GUEST)
guest_line:             resb 0x80       ; 80  the line entered last, ended by a 0
guest_scancodes:        resb 0x100      ; 100 the last ones; number n is at n mod 256

; ---- Private variables ----
INPUT_RING_BYTES equ 1024

        absolute VARIABLES
seen_ticks:             resd 1          ; the tick whose work is done
input_head:             resd 1
input_tail:             resd 1
last_character:         resb 1
shift_held:             resb 1          ; bit 0 left, bit 1 right
control_held:           resb 1
alt_held:               resb 1
caps_locked:            resb 1
key_is_extended:        resb 1          ; the last byte was E0
key_skip:               resb 1          ; bytes left of Pause's sequence
mouse_count:            resb 1          ; bytes of a packet that have come
mouse_packet:           resb 4
reset_asked:            resb 1          ; Ctrl-Alt-Del
power_pressed:          resb 1
has_vmware:             resb 1
screen_is_stale:        resb 1          ; CELLS and SHOWN differ, or the cursor has moved
attribute:              resb 1
                        alignb 4
absolute_position:      resd 2          ; x and y, as the absolute pointer told last
cursor:                 resd 1          ; the cell that is written next
line_length:            resd 1
line:                   resb LINE_LENGTH_MAX + 8
clock_seconds:          resd 1          ; as the RTC told last
clock_text:             resb 20
number_text:            resb 16
canvas:                 resd 1          ; address of the page that is drawn, not shown
canvas_pitch:           resd 1
canvas_page:            resd 1          ; 0 or 1
face_x:                 resd 1
face_y:                 resd 1
face_dx:                resd 1
face_dy:                resd 1
page_marks:             resd 2 * 5      ; of each page: is drawn, face x and y, pointer x and y
repeat_count:           resd 1
disk_buffer:            resb 512        ; what came from the disk last
sector:                 resb 512        ; what goes to it
input_ring:             resb INPUT_RING_BYTES
VARIABLES_END           equ $
%if VARIABLES_END > CELLS
%error "the variables reach into the text screen"
%endif

        section .text
