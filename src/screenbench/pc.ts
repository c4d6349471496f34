/**
 * PCs whose guest has painted a picture: ours, and QEMU's, with the same firmware.
 *
 * The guest paints while its screen is small, then sets the size that was asked for, and halts: a screendump of that size
 * is the whole picture, and no guest takes the processor from then on.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { connect } from "../client/index.ts";
import { LoadError } from "../loadgen/load-error.ts";
import { PC_VGA_MEMORY_BYTES } from "../util/limits.ts";
import type { DumpCase, Scene } from "./cases.ts";
import { type Contender, contenderOf, type Skipped } from "./contender.ts";
import { pcFirmware } from "./pc-firmware.ts";
import { decodePicture } from "./picture.ts";
import { startQemu } from "./qemu.ts";
import { unfitForVbe } from "./qemu-cards.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

const PIXEL_BYTES = 4;
/** As the firmware paints it.  QEMU has a screen of its own, of 640x480, before its guest has set one. */
const SECOND_PIXEL = [0x00, 0x01, 0x03];
const PAINTED_MS_MAX = 30_000;
const POLL_MS = 20;

export async function startPc(
  kind: "qmpd" | "qemu",
  { crowd }: DumpCase,
  { size }: Scene,
  consoles: number,
  program: string,
): Promise<Contender | Skipped> {
  if (consoles > 1) return { skipped: "a PC has one console" };
  const unfit = unfitForVbe(size);
  if (unfit !== undefined) return { skipped: unfit };
  if (size.width * size.height * PIXEL_BYTES > PC_VGA_MEMORY_BYTES) {
    return { skipped: `a PC has ${PC_VGA_MEMORY_BYTES / 2 ** 20} MiB of video memory` };
  }
  const directory = mkdtempSync(join(tmpdir(), "qmpd-pc-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  const firmware = join(directory, "firmware.bin");
  let server: ServerProcess | undefined;
  try {
    writeFileSync(firmware, pcFirmware(size));
    server =
      kind === "qemu"
        ? await startQemu({ monitors: crowd.count, firmware })
        : await startQmpdPc(program, directory, firmware);
    await painted(server, size, join(directory, "painted.ppm"));
  } catch (error) {
    await server?.stop();
    remove();
    throw error;
  }
  const { stop } = server;
  return {
    ...contenderOf(server),
    content: "still",
    device: undefined,
    async stop() {
      await stop();
      remove();
    },
  };
}

function startQmpdPc(program: string, directory: string, firmware: string): Promise<ServerProcess> {
  const socket = join(directory, "qmp.sock");
  const machine = ["--machine", "pc", "--bios", firmware];
  const args = [program, "serve", "--log-level", "error", "--qmp", `unix:${socket}`, ...machine];
  return startServerProcess(process.execPath, args, [socket], () => {});
}

/** A guest tells nobody that it has painted: its screen is looked at. */
async function painted(server: ServerProcess, size: Scene["size"], filename: string): Promise<void> {
  const client = await connect(`unix:${server.sockets[0]}`);
  try {
    const endMs = performance.now() + PAINTED_MS_MAX;
    for (;;) {
      await client.execute("screendump", { filename });
      const { width, height, bytes } = decodePicture(readFileSync(filename), "ppm");
      const isSize = width === size.width && height === size.height;
      if (isSize && SECOND_PIXEL.every((value, index) => bytes[3 + index] === value)) return;
      if (performance.now() > endMs) throw new LoadError(`the guest's screen stays at ${width}x${height}`);
      await wait(POLL_MS);
    }
  } finally {
    await client.close();
  }
}
