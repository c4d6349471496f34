import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HISTORY_LINES_MAX, History, historyFile } from "../../src/shell/history.ts";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-history-"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const fail = (message: string): never => {
  throw new Error(message);
};

it("is where XDG says, or in the home directory", () => {
  expect(historyFile({ XDG_STATE_HOME: "/state" })).toBe("/state/qmpd/history");
  const inHome = join(homedir(), ".local/state/qmpd/history");
  expect([historyFile({}), historyFile({ XDG_STATE_HOME: "relative" })]).toEqual([inHome, inHome]);
});

it("keeps lines for the next shell, the newest first, for their owner alone", () => {
  const file = join(directory, "new", "history");
  const history = new History(file, fail);
  expect(history.load()).toEqual([]);
  for (const line of ["stop", "cont"]) history.add(line);
  expect(new History(file, fail).load()).toEqual(["cont", "stop"]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it("is cut when it has grown", () => {
  const file = join(directory, "long");
  writeFileSync(
    file,
    Array.from({ length: 2 * HISTORY_LINES_MAX + 1 }, (_, index) => `line ${index}\n`).join(""),
  );
  const lines = new History(file, fail).load();
  expect([lines.length, lines[0]]).toEqual([HISTORY_LINES_MAX, `line ${2 * HISTORY_LINES_MAX}`]);
  expect(readFileSync(file, "utf8").split("\n")).toHaveLength(HISTORY_LINES_MAX + 1);
});

it("that cannot be kept is told once", () => {
  const complaints: string[] = [];
  writeFileSync(join(directory, "file"), "");
  const history = new History(join(directory, "file", "history"), (message) => complaints.push(message));
  history.add("a");
  history.add("b");
  expect(complaints).toEqual([expect.stringContaining("the history is not kept: ")]);
});
