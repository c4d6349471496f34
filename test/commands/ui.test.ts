/**
 * Screendumps to a file system that hangs: opening a file there never ends.
 */

import { expect, it, vi } from "vitest";
import type { MachineControl } from "../../src/commands/machine-control.ts";
import { uiHandlers } from "../../src/commands/ui.ts";
import type { ImageFormat, Picture } from "../../src/offload/contract.ts";
import type { WorkerPool } from "../../src/offload/pool.ts";
import type { CommandContext } from "../../src/qmp/context.ts";
import { systemClock } from "../../src/util/clock.ts";
import { allocateFrameMemory } from "../../src/util/frame-memory.ts";
import { DESTINATION_OPEN_MS } from "../../src/util/limits.ts";

vi.mock("../../src/offload/destination.ts", async (original) => ({
  ...(await original<object>()),
  openDestination: () => new Promise(() => {}),
}));

const CANCELLED = new Error("cancelled");

/** Handlers of a machine with one console, which pictures at once. */
function setup() {
  const memory = allocateFrameMemory(65_536);
  const encoded: ImageFormat[] = [];
  const handle = {
    consoles: async () => [{ index: 0, head: 0, width: 1, height: 1 }],
    capture: async () => ({ frame: { memory }, frameNumber: 0 }),
  };
  const pool = {
    turn: async () => {},
    encode: async (_: unknown, format: ImageFormat) => {
      encoded.push(format);
      return { format } as Picture;
    },
    discard: () => {},
  };
  const { screendump } = uiHandlers(
    { handle } as unknown as MachineControl,
    async () => pool as unknown as WorkerPool,
    systemClock,
  );
  const dump = (): { cancel: () => void; ended: Promise<unknown> } => {
    const abort = new AbortController();
    const context = { signal: abort.signal } as CommandContext;
    const ended = Promise.resolve(screendump.handle({ filename: "/hung/file" }, context));
    return { cancel: () => abort.abort(CANCELLED), ended: ended.catch((error: unknown) => error) };
  };
  return { encoded, dump };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it("C7: a cancelled screendump waits for its file no longer than a moment, also with its picture made", async () => {
  const { encoded, dump } = setup();
  const early = dump();
  early.cancel();
  expect(await early.ended).toBe(CANCELLED);
  const late = dump();
  await sleep(2 * DESTINATION_OPEN_MS);
  expect(encoded).not.toHaveLength(0);
  late.cancel();
  expect(await late.ended).toBe(CANCELLED);
});

it("C8: files that are never opened keep no frame from others", async () => {
  const { encoded, dump } = setup();
  const dumps = [];
  for (let count = 1; count <= 4; count++) {
    dumps.push(dump());
    // A batch of its own.
    await vi.waitFor(() => expect(encoded).toHaveLength(count));
  }
  for (const { cancel } of dumps) cancel();
  for (const { ended } of dumps) expect(await ended).toBe(CANCELLED);
});
