import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFolder } from "../../src/files/make-folder.ts";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-folder-"));
  writeFileSync(join(directory, "file"), "");
  symlinkSync(join(directory, "nothing", "there"), join(directory, "dangling"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("makes a folder with those above it, for whom the mode says, and leaves one that is there", () => {
  const folder = join(directory, "a", "b", "c");
  makeFolder(folder, 0o700);
  makeFolder(folder);
  for (const made of [folder, join(directory, "a")]) expect(statSync(made).mode & 0o777).toBe(0o700);
});

describe("throws at once", () => {
  it.each(["file", "file/below", "dangling", "dangling/below"])("for %s", (name) => {
    expect(() => makeFolder(join(directory, name))).toThrow(/^E(EXIST|NOTDIR|NOENT): /);
  });

  // With `recursive` of Node.js 20 this does not come back.
  it.runIf(process.platform === "linux")("below /proc, which refuses with ENOENT", () => {
    expect(() => makeFolder("/proc/no/such/folder")).toThrow(/^ENOENT: .*'\/proc\/no'/);
  });
});
