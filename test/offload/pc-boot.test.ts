import { afterEach, describe, expect, it, vi } from "vitest";
import type { PcConfig } from "../../src/offload/pc-contract.ts";
import { BIOS, hasFirmware, IPXE_ISO, IPXE_KERNEL, VGA_BIOS } from "../support/firmware.ts";
import { startPc, type TestPc } from "../support/pc.ts";

const BOOT_MS = 60_000;
const TEXT_ADDRESS = 0xb8000;
const TEXT_BYTES = 80 * 25 * 2;

let pc: TestPc | undefined;
afterEach(() => pc?.close());

/** The characters on the screen, in text mode. */
async function screenText({ machine }: TestPc): Promise<string> {
  const into = new Uint8Array(new SharedArrayBuffer(TEXT_BYTES));
  await machine.copyMemory("physical", TEXT_ADDRESS, into);
  return String.fromCharCode(...into.filter((_, index) => index % 2 === 0));
}

async function boots(config: Partial<PcConfig>, texts: readonly string[]): Promise<void> {
  const started = await startPc({
    config: { memoryBytes: 2 ** 25, biosFile: BIOS, vgaBiosFile: VGA_BIOS, ...config },
  });
  pc = started;
  for (const text of texts) {
    await vi.waitFor(async () => expect(await screenText(started)).toContain(text), { timeout: BOOT_MS });
  }
}

describe.skipIf(!hasFirmware)("a PC with SeaBIOS", { timeout: BOOT_MS }, () => {
  it("boots a CD-ROM", async () => {
    const drives = [{ drive: "ide1-cd0", file: IPXE_ISO }] as const;
    await boots({ drives, bootOrder: "d" }, [
      "iPXE initialising devices",
      "Open Source Network Boot Firmware",
    ]);
    expect((await pc?.machine.capture(0, undefined))?.frame).toMatchObject({ width: 720, height: 400 });
  });

  it("boots a kernel with its command line", async () => {
    await boots({ kernelFile: IPXE_KERNEL, append: "echo the command line is here" }, [
      "the command line is here",
    ]);
  });
});
