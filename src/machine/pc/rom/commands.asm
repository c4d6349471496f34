; The commands of the prompt.  Those that end the machine are in power.asm, those that draw in scenes.asm.
;
; A command is called with esi at its arguments, and may change any register.  One that goes on ends when it is called
; (keyboard.asm), and takes the key that did it.

; name, what it does, routine
%macro command 3
        dd      %3
        db      %1, 0
        db      %2, 0
%endmacro

commands:
        command "help", "this list", command_help
        command "about", "what this machine has", command_about
        command "clear", "an empty screen", command_clear
        command "graphics", "1024x768: a face that looks at the pointer", command_graphics
        command "text", "back to text; Escape does it too", command_text
        command "paint", "paints as fast as it can", command_paint
        command "modes", "changes the mode a hundred times a second", command_modes
        command "flood", "floods the serial port, with N lines or until a key", command_flood
        command "busy", "never rests, until a key", command_busy
        command "deaf", "never rests, and nothing interrupts it", command_deaf
        command "halt", "rests, and nothing interrupts it", command_halt
        command "read", "N: the first bytes of sector N of the disk", command_read
        command "write", "N TEXT: a text into sector N of the disk", command_write
        command "fault", "falls over: a triple fault", command_fault
        command "reset", "starts over", command_reset
        command "off", "turns the machine off", command_off
        dd      0

; Runs what is in `line`, which is ended by a 0.
run_line:
        mov     esi, line
        call    skip_spaces
        cmp     byte [esi], 0
        je      .done
        mov     ebx, commands
.next:  mov     eax, [ebx]
        test    eax, eax
        jz      .unknown
        add     ebx, 4
        push    esi
.compare:
        mov     dl, [ebx]
        mov     dh, [esi]
        inc     ebx
        inc     esi
        test    dl, dl
        jz      .end_of_name
        cmp     dl, dh
        je      .compare
        call    skip_text
        jmp     .other
.end_of_name:
        test    dh, dh
        jz      .found
        cmp     dh, ' '
        je      .found
.other: call    skip_text
        pop     esi
        jmp     .next
.found: pop     edx
        dec     esi
        call    skip_spaces
        jmp     eax
.unknown:
        mov     esi, .unknown_text
        call    puts
        mov     esi, line
        call    puts
        mov     esi, .try_text
        jmp     puts
.done:  ret
.unknown_text:
        db      'I do not know "', 0
.try_text:
        db      '". "help" tells what I do.', CHARACTER_LF, 0

; in: ebx, within a text; out: ebx, behind it
skip_text:
        inc     ebx
        cmp     byte [ebx - 1], 0
        jne     skip_text
        ret

; in, out: esi
skip_spaces:
        cmp     byte [esi], ' '
        jne     .done
        inc     esi
        jmp     skip_spaces
.done:  ret

; in: esi; out: eax and esi behind it, or carry when there is no number, or none that a sector can have
parse_number:
        push    ebx
        push    edx
        xor     eax, eax
        mov     edx, 10
        cmp     word [esi], '0x'
        jne     .first
        add     esi, 2
        mov     edx, 16
.first: call    .digit
        jc      .done
.add:   imul    eax, edx
        add     eax, ebx
        cmp     eax, SECTOR_MAX
        ja      .large
        inc     esi
        call    .digit
        jnc     .add
        cmp     byte [esi], ' '         ; Behind a number is a space, or nothing.
        je      .fine
        cmp     byte [esi], 0
        jne     .large
.fine:  clc
.done:  pop     edx
        pop     ebx
        ret
.large: stc
        jmp     .done
.digit: movzx   ebx, byte [esi]         ; out: ebx, or carry
        sub     ebx, '0'
        jb      .no
        cmp     ebx, 10
        jb      .base
        or      ebx, 0x20
        sub     ebx, 'a' - '0' - 10
        cmp     ebx, 10
        jb      .no
.base:  cmp     ebx, edx
        cmc
        ret
.no:    stc
        ret

command_help:
        mov     ebx, commands
.next:  cmp     dword [ebx], 0
        je      .done
        lea     esi, [ebx + 4]
        mov     byte [attribute], ATTRIBUTE_GREEN
        mov     al, ' '
        call    putc
        call    putc
        mov     ecx, esi
        call    puts
        sub     ecx, esi
        add     ecx, 11                 ; a column of ten, and the 0
.pad:   call    putc
        loop    .pad
        mov     byte [attribute], ATTRIBUTE_TEXT
        call    puts
        mov     al, CHARACTER_LF
        call    putc
        mov     ebx, esi
        jmp     .next
.done:  ret

command_about:
        mov     esi, .memory
        call    puts
        mov     eax, [guest_memory_bytes]
        shr     eax, 20
        call    put_decimal
        mov     esi, .framebuffer
        call    puts
        mov     eax, [guest_framebuffer]
        call    put_hex
        mov     esi, .page
        call    puts
        mov     esi, .absolute
        cmp     byte [has_vmware], 0
        jne     .pointer
        mov     esi, .relative
.pointer:
        call    puts
        mov     esi, .disk
        call    puts
        call    disk_sectors
        jc      disk_failed
        call    put_decimal
        mov     esi, .sectors
        jmp     puts
.disk:  db      "Disk         ", 0
.sectors: db    " sectors", CHARACTER_LF, 0
.memory: db     "Memory       ", 0
.framebuffer: db " MiB", CHARACTER_LF, "Framebuffer  0x", 0
.page:  db      CHARACTER_LF, "My page      0x00010000, and at 0xc0000000 virtually", CHARACTER_LF, 0
.absolute: db   "Pointer      PS/2 mouse, and VMware's absolute pointer", CHARACTER_LF, 0
.relative: db   "Pointer      PS/2 mouse", CHARACTER_LF, 0

command_clear:
        jmp     clear_cells

; Lines of 64 bytes, numbered, so that whoever counts sees whether one is missing.
command_flood:
        xor     eax, eax
        cmp     byte [esi], 0
        je      .start
        call    parse_number
        jc      bad_number
        test    eax, eax
        jz      .done
.start: mov     [repeat_count], eax     ; 0: without end
        xor     ebp, ebp
.line:  mov     esi, .begin
        call    .send
        mov     eax, ebp
        mov     ecx, 4
.hex:   rol     eax, 8
        call    hex_byte
        mov     esi, number_text
        call    .send
        loop    .hex
        mov     esi, .rest
        call    .send
        inc     ebp
        cmp     ebp, [repeat_count]
        je      .done
        call    background
        call    screen_flush
        call    is_called
        jnc     .line
        call    take_character
.done:  mov     eax, ebp
        call    put_decimal
        mov     esi, .told
        jmp     puts
.send:  lodsb
        test    al, al
        jz      .sent
        call    serial_put
        jmp     .send
.sent:  ret
.begin: db      "flood ", 0
.rest:  db      " abcdefghijklmnopqrstuvwxyz 0123456789 ABCDEFGHI", 13, 10, 0
.told:  db      " lines went out", CHARACTER_LF, 0

command_busy:
        mov     esi, .text
        call    puts
        call    screen_flush
.round: inc     dword [guest_busy]
        call    is_called
        jnc     .round
        jmp     take_character
.text:  db      "Busy. A key ends it.", CHARACTER_LF, 0

command_deaf:
        mov     esi, .text
        call    puts
        call    screen_flush
        cli
.round: inc     dword [guest_busy]
        jmp     .round
.text:  db      "Busy, and deaf. Only a reset ends it.", CHARACTER_LF, 0

ROWS_SHOWN      equ 4
BYTES_A_ROW     equ 16

command_read:
        call    parse_number
        jc      bad_number
        call    disk_read
        jc      disk_failed
        xor     ebx, ebx
.row:   mov     al, bh
        call    put_hex_byte
        mov     al, bl
        call    put_hex_byte
        mov     al, ' '
        call    putc
        mov     ecx, BYTES_A_ROW
.byte:  mov     al, ' '
        call    putc
        mov     al, [disk_buffer + ebx]
        call    put_hex_byte
        inc     ebx
        loop    .byte
        mov     al, ' '
        call    putc
        call    putc
        sub     ebx, BYTES_A_ROW
        mov     ecx, BYTES_A_ROW
.character:
        mov     al, [disk_buffer + ebx]
        cmp     al, ' '
        jb      .dot
        cmp     al, '~'
        jbe     .put
.dot:   mov     al, '.'
.put:   call    putc
        inc     ebx
        loop    .character
        mov     al, CHARACTER_LF
        call    putc
        cmp     ebx, ROWS_SHOWN * BYTES_A_ROW
        jb      .row
        ret

; The rest of the sector is zeros.
command_write:
        call    parse_number
        jc      bad_number
        push    eax
        call    skip_spaces
        mov     edi, sector
        mov     ecx, SECTOR_BYTES
.text:  lodsb
        test    al, al
        jz      .zeros
        stosb
        loop    .text
.zeros: xor     al, al
        rep     stosb
        pop     eax
        mov     esi, sector
        call    disk_write
        jc      disk_failed
        mov     esi, .told
        jmp     puts
.told:  db      "written", CHARACTER_LF, 0

disk_failed:
        mov     byte [attribute], ATTRIBUTE_ALERT
        call    puts
        mov     byte [attribute], ATTRIBUTE_TEXT
        mov     al, CHARACTER_LF
        jmp     putc

bad_number:
        mov     esi, .text
        jmp     puts
.text:  db      "I need a number, 10 or 0xa for instance, up to 0xfffffff", CHARACTER_LF, 0
