/** The firmware is what its source assembles to. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PC_FIRMWARE_CODE, pcFirmware } from "../../src/screenbench/pc-firmware.ts";

const SOURCE = "src/screenbench/pc-firmware.asm";
const hasNasm = spawnSync("nasm", ["-v"]).status === 0;
if (!hasNasm) console.warn("skipped: nasm is not installed, so the firmware is not assembled again");

it.skipIf(!hasNasm)("is what pc-firmware.asm assembles to", () => {
  const folder = mkdtempSync(join(tmpdir(), "qmpd-firmware-"));
  try {
    const file = join(folder, "firmware.bin");
    expect(spawnSync("nasm", ["-f", "bin", "-o", file, SOURCE])).toMatchObject({ status: 0 });
    expect(PC_FIRMWARE_CODE).toBe(readFileSync(file, "hex"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it("differs by its size alone", () => {
  const [small, large] = [pcFirmware({ width: 640, height: 480 }), pcFirmware({ width: 1280, height: 720 })];
  const differing = [...small.keys()].filter((index) => small[index] !== large[index]);
  expect(small).toHaveLength(65_536);
  expect(differing.length).toBeGreaterThan(1);
  expect(Math.max(...differing) - Math.min(...differing)).toBeLessThan(6);
});
