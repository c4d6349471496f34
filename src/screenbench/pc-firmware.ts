/** Firmware of 64 KiB that paints a picture of a size and halts: see pc-firmware.asm, of which this is what it assembles to. */

import type { PictureSize } from "./cases.ts";

export const PC_FIRMWARE_CODE =
  "fafcbe6100e84900bada03ecbac003b020eeb800a08ec06631db31edbace01b80500ef4289e8ef31ffb900406689d866" +
  "ab6681c3030100006681e3ffffff00e2eb4581fd800072d4be7500e80300f4ebfdb90500bace012eadef422eadefe2f4" +
  "c3040000000100a000020064000300200004004100040000000100000002000000030020000400c100";

const ROM_BYTES = 65_536;
const WIDTH_OFFSET = 0x7b;
const HEIGHT_OFFSET = 0x7f;
const RESET_VECTOR = 0xfff0;
/** `jmp 0xf000:0` */
const JUMP_TO_START = "ea000000f0";

export function pcFirmware({ width, height }: Pick<PictureSize, "width" | "height">): Buffer {
  const rom = Buffer.alloc(ROM_BYTES);
  rom.write(PC_FIRMWARE_CODE, 0, "hex");
  rom.writeUInt16LE(width, WIDTH_OFFSET);
  rom.writeUInt16LE(height, HEIGHT_OFFSET);
  rom.write(JUMP_TO_START, RESET_VECTOR, "hex");
  return rom;
}
