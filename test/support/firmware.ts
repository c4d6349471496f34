/**
 * Firmware and boot images of Debian's packages `seabios` and `ipxe`, where they are installed.  Tests that need them are
 * skipped with a notice elsewhere; with QMPD_REQUIRE_FIRMWARE=1 that is an error instead.
 */

import { existsSync } from "node:fs";

export const BIOS = "/usr/share/seabios/bios.bin";
export const VGA_BIOS = "/usr/share/seabios/vgabios-stdvga.bin";
export const IPXE_ISO = "/usr/lib/ipxe/ipxe.iso";
/** iPXE in the form of a Linux kernel. */
export const IPXE_KERNEL = "/boot/ipxe.lkrn";

const missing = [BIOS, VGA_BIOS, IPXE_ISO, IPXE_KERNEL].filter((file) => !existsSync(file));

export const hasFirmware = missing.length === 0;

if (!hasFirmware) {
  const notice = `there is no ${missing.join(", ")}: apt-get install seabios ipxe`;
  if (process.env.QMPD_REQUIRE_FIRMWARE === "1") throw new Error(notice);
  console.warn(`Tests that boot a PC from it are skipped: ${notice}`);
}
