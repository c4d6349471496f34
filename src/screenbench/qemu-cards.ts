/**
 * Graphics cards of a real QEMU that show the still picture.
 *
 * QEMU is stopped before its first instruction; its devices are driven over qtest as firmware and a driver would:
 * map the card, set the mode, write the pixels.  So no guest runs that would take the processor, and the picture is
 * that of our own displays to the last bit.
 *
 * The first card is the one at the legacy ports; further ones are `secondary-vga`, whose registers are in memory.
 */

import { paintStill } from "../machine/still.ts";
import { createSurface } from "../machine/surface.ts";
import { Qtest } from "./qtest.ts";

export interface QemuPicture {
  readonly width: number;
  readonly height: number;
  /** By default one; each is a card of its own, with the id `video0`, `video1`, ... */
  readonly consoles?: number;
  /** Of the first card; by default the standard VGA. */
  readonly device?: "VGA" | "qxl";
}

// Sources: PCI Local Bus 3.0, section 6.2; QEMU, docs/specs/standard-vga.rst; Bochs VBE extensions.
const PCI_BAR0 = 0x10;
const PCI_BAR2 = 0x18;
const PCI_COMMAND = 0x04;
const PCI_COMMAND_IO_AND_MEMORY = 0x3;
const PCI_SLOTS = 32;
const VGA_DEVICE_ID = 0x1111_1234;
const QXL_DEVICE_ID = 0x0100_1b36;
const VBE_INDEX_PORT = 0x1ce;
const VBE_DATA_PORT = 0x1cf;
const VBE_XRES = 1;
const VBE_YRES = 2;
const VBE_BPP = 3;
const VBE_ENABLE = 4;
const VBE_ENABLED_LFB = 0x41;
/** The I/O port that lets the card show palette entries: QEMU's VGA keeps the screen blank without it. */
const VGA_ATTRIBUTE_PORT = 0x3c0;
const VGA_ATTRIBUTE_SCREEN_ON = 0x20;
/** Where the ports from 0x3c0 on and the VBE registers are in the second region of a VGA card. */
const MMIO_VGA_OFFSET = 0x400;
const MMIO_VBE_OFFSET = 0x500;
/** Places for the cards, above the memory of the guest. */
const FRAMEBUFFER_ADDRESS = 0xa000_0000;
const FRAMEBUFFER_BYTES = 0x0400_0000;
const MMIO_ADDRESS = 0xf000_0000;
const MMIO_BYTES = 0x1000;
export const CARD_MB = 64;
const PIXEL_BYTES = 4;
/** The card drops the lowest bits of a width. */
const VBE_WIDTH_STEP = 8;
// Source: Bochs VBE extensions, as QEMU has them.
const VBE_WIDTH_MAX = 16_000;
const VBE_HEIGHT_MAX = 12_000;

export const QEMU_CONSOLES_MAX = 16;

/** Why a card of Bochs' kind cannot show this size, or undefined. */
export function unfitForVbe({ width, height }: Pick<QemuPicture, "width" | "height">): string | undefined {
  if (width % VBE_WIDTH_STEP !== 0) return `the card's widths are multiples of ${VBE_WIDTH_STEP}`;
  const isTooLarge = width > VBE_WIDTH_MAX || height > VBE_HEIGHT_MAX;
  return isTooLarge ? `the card's pictures have at most ${VBE_WIDTH_MAX}x${VBE_HEIGHT_MAX}` : undefined;
}

/** Why real QEMU cannot show this here, or undefined. */
export function unfitForQemu(size: Pick<QemuPicture, "width" | "height">): string | undefined {
  const unfit = unfitForVbe(size);
  if (unfit !== undefined) return unfit;
  const isTooLarge = size.width * size.height * PIXEL_BYTES > CARD_MB * 2 ** 20;
  return isTooLarge ? `QEMU's card is given ${CARD_MB} MiB here` : undefined;
}

/** Options of QEMU for the cards, which {@link showStill} has to bring up. */
export function cardArguments(picture: QemuPicture, qtest: string): string[] {
  const { consoles = 1, device = "VGA" } = picture;
  if (consoles > QEMU_CONSOLES_MAX) throw new Error(`QEMU is given at most ${QEMU_CONSOLES_MAX} cards here`);
  const first = device === "qxl" ? "qxl-vga" : "VGA";
  const cards = Array.from({ length: consoles }, (_, card) => {
    const model = card === 0 ? first : "secondary-vga";
    return ["-device", `${model},id=video${card},vgamem_mb=${CARD_MB}`];
  });
  return [
    ...["-accel", "tcg", "-S", "-machine", "pc", ...cards.flat()],
    ...["-qtest", `unix:${qtest},server=on,wait=off`, "-qtest-log", "/dev/null"],
  ];
}

/** Sets the mode of each card and draws the still picture there. */
export async function showStill(path: string, { width, height, consoles = 1 }: QemuPicture): Promise<void> {
  const qtest = await Qtest.connect(path);
  try {
    const slots = await findCards(qtest);
    if (slots.length !== consoles) throw new Error(`QEMU has ${slots.length} cards, not ${consoles}`);
    const surface = createSurface(width, height);
    paintStill(surface);
    const pixels = Buffer.from(surface.pixels.buffer);
    const mode = [
      [VBE_ENABLE, 0],
      [VBE_XRES, width],
      [VBE_YRES, height],
      [VBE_BPP, 32],
      [VBE_ENABLE, VBE_ENABLED_LFB],
    ] as const;
    for (const [card, slot] of slots.entries()) {
      const framebuffer = FRAMEBUFFER_ADDRESS + card * FRAMEBUFFER_BYTES;
      await qtest.writePci(slot, PCI_BAR0, framebuffer);
      const registers = card === 0 ? portRegisters(qtest) : await memoryRegisters(qtest, slot, card);
      await qtest.writePci(slot, PCI_COMMAND, PCI_COMMAND_IO_AND_MEMORY);
      for (const [register, value] of mode) await registers.setVbe(register, value);
      await registers.screenOn();
      await qtest.writeMemory(framebuffer, pixels);
    }
  } finally {
    qtest.close();
  }
}

async function findCards(qtest: Qtest): Promise<number[]> {
  const slots: number[] = [];
  for (let slot = 0; slot < PCI_SLOTS; slot++) {
    const id = await qtest.readPci(slot, 0);
    if (id === VGA_DEVICE_ID || id === QXL_DEVICE_ID) slots.push(slot);
  }
  return slots;
}

interface CardRegisters {
  setVbe(register: number, value: number): Promise<unknown>;
  screenOn(): Promise<unknown>;
}

function portRegisters(qtest: Qtest): CardRegisters {
  return {
    async setVbe(register, value) {
      await qtest.send(`outw ${VBE_INDEX_PORT} ${register}`);
      await qtest.send(`outw ${VBE_DATA_PORT} ${value}`);
    },
    screenOn: () => qtest.send(`outb ${VGA_ATTRIBUTE_PORT} ${VGA_ATTRIBUTE_SCREEN_ON}`),
  };
}

async function memoryRegisters(qtest: Qtest, slot: number, card: number): Promise<CardRegisters> {
  const address = MMIO_ADDRESS + card * MMIO_BYTES;
  await qtest.writePci(slot, PCI_BAR2, address);
  return {
    setVbe: (register, value) => qtest.send(`writew ${address + MMIO_VBE_OFFSET + 2 * register} ${value}`),
    screenOn: () => qtest.send(`writeb ${address + MMIO_VGA_OFFSET} ${VGA_ATTRIBUTE_SCREEN_ON}`),
  };
}
