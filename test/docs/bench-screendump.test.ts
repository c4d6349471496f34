/** The terminals of docs/bench-screendump.md, run: each command prints what stands below it, but for the figures. */

import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { shownCommands, wordsOf, wordsPrinted } from "./terminals.ts";

const RUN_MS_MAX = 90_000;

let server: ServerProcess;
let folder: string;

beforeAll(async () => {
  server = await startQmpd({ args: [] });
  folder = mkdtempSync(join(tmpdir(), "qmpd-bench-docs-"));
  symlinkSync(server.sockets[0] ?? "", join(folder, "qmp.sock"));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

describe("the terminals of docs/bench-screendump.md", () => {
  const commands = shownCommands("docs/bench-screendump.md");

  it.each(commands.map(({ command, printed }) => [command, printed] as const))(
    "%s",
    (command, printed) => {
      expect(commands).toHaveLength(2);
      expect(wordsPrinted(command, folder, RUN_MS_MAX)).toEqual(wordsOf(printed));
    },
    RUN_MS_MAX,
  );
});
