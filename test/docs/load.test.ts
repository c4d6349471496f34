/** The terminals of docs/load.md, run: each command prints what stands below it, but for the figures. */

import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { fencedBlocks } from "./documents.ts";
import { shownCommands, wordsOf, wordsPrinted } from "./terminals.ts";

const DOCUMENT = "docs/load.md";

let server: ServerProcess;
let folder: string;

beforeAll(async () => {
  server = await startQmpd({ args: [] });
  folder = mkdtempSync(join(tmpdir(), "qmpd-load-docs-"));
  symlinkSync(server.sockets[0] ?? "", join(folder, "qmp.sock"));
  const [mix] = fencedBlocks(DOCUMENT, "yaml");
  const text = (mix?.lines ?? []).join("\n").replaceAll("/tmp/", `${folder}/`);
  writeFileSync(join(folder, "mix.yaml"), text);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

describe("the terminals of docs/load.md", () => {
  const commands = shownCommands(DOCUMENT);

  it.each(commands.map(({ command, printed }) => [command, printed] as const))("%s", (command, printed) => {
    expect(commands.length).toBeGreaterThan(4);
    expect(wordsPrinted(command, folder, 19_000)).toEqual(wordsOf(printed));
  });
});
