/**
 * The examples of docs/client.md, run: each prints what stands below it.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { fencedBlocks } from "./documents.ts";

let server: ServerProcess;
/** Inside the package, so that its name leads to it; in a folder that is not kept. */
let folder: string;

beforeAll(async () => {
  server = await startQmpd({ args: ["--qtest"] });
  folder = mkdtempSync(resolve("dist", "client-examples-"));
  symlinkSync(server.sockets[0] ?? "", join(folder, "vm.sock"));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

describe("the examples of docs/client.md", () => {
  const printed = fencedBlocks("docs/client.md", "text");
  const examples = fencedBlocks("docs/client.md", "js");

  it("each have what they print below them", () => {
    expect(examples.length).toBeGreaterThan(2);
    expect(printed.length).toBe(examples.length);
  });

  it.each(examples.map((example, index) => [example.line, example, printed[index]] as const))(
    "docs/client.md:%i prints what is shown, and ends",
    (line, example, text) => {
      const file = join(folder, `line-${line}.mjs`);
      writeFileSync(file, example.lines.join("\n"));
      const { stdout, stderr, status } = spawnSync(process.execPath, [file], {
        cwd: folder,
        encoding: "utf8",
        timeout: 15_000,
      });
      expect({ stdout, stderr, status }).toEqual({
        stdout: `${text?.lines.join("\n")}\n`,
        stderr: "",
        status: 0,
      });
    },
  );
});
