; The pointer: a PS/2 mouse, and the absolute pointer of VMware's port where the machine has one.
;
; Both move the same arrow.  The mouse interrupts; the other one is asked once a tick.

SCREEN_WIDTH    equ 1024
SCREEN_HEIGHT   equ 768

VMWARE_MAGIC    equ 0x564d5868
VMWARE_VERSION  equ 10
VMWARE_DATA     equ 39
VMWARE_STATUS   equ 40
VMWARE_COMMAND  equ 41
VMWARE_ENABLE   equ 0x45414552
VMWARE_ABSOLUTE equ 0x53424152
VMWARE_IS_GONE  equ 0xffff0000
VMWARE_RELATIVE_PACKET equ 0x10000

pointer_start:
        mov     dword [guest_pointer_x], SCREEN_WIDTH / 2
        mov     dword [guest_pointer_y], SCREEN_HEIGHT / 2
        mov     dword [absolute_position], -1
        xor     ebx, ebx
        mov     ecx, VMWARE_VERSION
        call    vmware_call
        cmp     ebx, VMWARE_MAGIC
        jne     .none
        mov     byte [has_vmware], 1
        jmp     vmware_enable
.none:  ret

vmware_enable:
        mov     ebx, VMWARE_ENABLE
        mov     ecx, VMWARE_COMMAND
        call    vmware_call
        mov     ecx, VMWARE_STATUS
        call    vmware_call
        mov     ebx, 1                  ; The first word that it has tells its version.
        mov     ecx, VMWARE_DATA
        call    vmware_call
        mov     ebx, VMWARE_ABSOLUTE
        mov     ecx, VMWARE_COMMAND
        ; Called below.

; in: ecx, the command, ebx, its argument; out: eax, ebx, ecx, edx
vmware_call:
        mov     eax, VMWARE_MAGIC
        mov     edx, VMWARE
        in      eax, dx
        ret

; Takes all that the absolute pointer has to tell.
pointer_poll:
        cmp     byte [has_vmware], 0
        je      .done
.next:  mov     ecx, VMWARE_STATUS
        call    vmware_call
        cmp     eax, VMWARE_IS_GONE     ; It had too much to tell, and has given up.
        je      vmware_enable
        cmp     ax, 4
        jb      .done
        mov     ebx, 4
        mov     ecx, VMWARE_DATA
        call    vmware_call
        push    edx
        mov     esi, eax
        test    eax, VMWARE_RELATIVE_PACKET
        jnz     .buttons
        xchg    ebx, [absolute_position]
        xchg    ecx, [absolute_position + 4]
        cmp     ebx, [absolute_position]
        jne     .moved
        cmp     ecx, [absolute_position + 4]
        je      .buttons                ; A click where it was: the mouse may have moved the arrow since.
.moved: mov     ebx, [absolute_position]
        mov     ecx, [absolute_position + 4]
        imul    ebx, SCREEN_WIDTH       ; Its coordinates are 0 to FFFF.
        shr     ebx, 16
        mov     [guest_pointer_x], ebx
        imul    ecx, SCREEN_HEIGHT
        shr     ecx, 16
        mov     [guest_pointer_y], ecx
.buttons:
        xor     eax, eax                ; 20 left, 10 right, 08 middle
        test    esi, 0x20
        setnz   al
        test    esi, 0x10
        jz      .middle
        or      al, 2
.middle:
        test    esi, 0x08
        jz      .set
        or      al, 4
.set:   mov     [guest_buttons], eax
        pop     edx
        movsx   edx, dl
        add     [guest_wheel], edx
        jmp     .next
.done:  ret

; in: al, a byte of a packet of three; interrupts are off
mouse_byte:
        movzx   ebx, byte [mouse_count]
        test    ebx, ebx
        jnz     .store
        test    al, 0x08                ; The first byte of a packet has this bit: without it, it is none.
        jz      .done
.store: mov     [mouse_packet + ebx], al
        inc     ebx
        cmp     ebx, 3
        je      .whole
        mov     [mouse_count], bl
.done:  ret
.whole: mov     byte [mouse_count], 0
        movzx   eax, byte [mouse_packet]
        and     eax, 7
        mov     [guest_buttons], eax
        movsx   eax, byte [mouse_packet + 1]
        add     eax, [guest_pointer_x]
        mov     ebx, SCREEN_WIDTH - 1
        call    limit
        mov     [guest_pointer_x], eax
        movsx   eax, byte [mouse_packet + 2]
        neg     eax                     ; A mouse counts upwards.
        add     eax, [guest_pointer_y]
        mov     ebx, SCREEN_HEIGHT - 1
        call    limit
        mov     [guest_pointer_y], eax
        ret

; in: eax, ebx; out: eax, within 0 and ebx
limit:  test    eax, eax
        jns     .high
        xor     eax, eax
.high:  cmp     eax, ebx
        jle     .done
        mov     eax, ebx
.done:  ret
