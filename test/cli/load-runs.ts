/** `qmpd load`, run against one server for all tests of a file that imports this, in one folder. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { LoadResult } from "../../src/loadgen/result.ts";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { type Output, qmpd } from "./program.ts";

/** A mix that says little. */
export const QUIET = ["--mix", "query-status"];

export let server: ServerProcess;
export let endpoint: string;
export let folder: string;

beforeAll(async () => {
  server = await startQmpd({ args: ["--qtest"] });
  endpoint = `unix:${server.sockets[0]}`;
  folder = mkdtempSync(join(tmpdir(), "qmpd-load-"));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

export function load(args: readonly string[], interruptAfterMs?: number): Promise<Output> {
  return qmpd(["load", ...args], folder, interruptAfterMs);
}

/** What `--out NAME` has written. */
export function savedRun(name: string): LoadResult {
  return JSON.parse(readFileSync(join(folder, name, "run.json"), "utf8")) as LoadResult;
}
