/** The benchmarks, as people run them; short, to see that they work. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Answer } from "../../bench/question.ts";

const RUN_MS_MAX = 90_000;

interface Saved {
  readonly results: readonly (Answer & { readonly question: string })[];
}

function bench(args: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, ["dist/bench/main.js", ...args], {
    encoding: "utf8",
    timeout: RUN_MS_MAX,
  });
  return { status, stderr };
}

const hasCompiler = spawnSync("cc", ["--version"]).status === 0;
if (!hasCompiler) console.warn("skipped: there is no cc, which makes the load generator and the floor in C");

describe("npm run bench", () => {
  it.skipIf(!hasCompiler)(
    "asks the questions that are named: commands are answered, clients come and go, echoes do as the server",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "qmpd-bench-main-"));
      try {
        const file = join(folder, "bench.json");
        expect(bench(["round-trip", "connect", "floor", "--quick", "--json", file])).toMatchObject({
          status: 0,
        });
        const { results } = JSON.parse(readFileSync(file, "utf8")) as Saved;
        expect(results.map(({ question }) => question)).toEqual(["round-trip", "connect", "floor"]);
        for (const row of results.flatMap(({ rows }) => rows)) expect(row.perSecond).toBeGreaterThan(10);
        const floor = results.at(-1);
        expect(floor?.rows.map(({ side }) => side)).toEqual(["qmpd", "C echo", "Node echo"]);
        expect(floor?.verdicts.map(({ target }) => target)).toEqual([
          "CPU a command to C echo at most 5.00x",
          "CPU a command to Node echo at most 2.50x",
        ]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    RUN_MS_MAX,
  );

  it(
    "asks about the PC: its guest comes up, works while it is measured, and is stopped",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "qmpd-bench-pc-"));
      try {
        const file = join(folder, "bench.json");
        expect(bench(["pc-start", "pc-rest", "--quick", "--json", file])).toMatchObject({ status: 0 });
        const { results } = JSON.parse(readFileSync(file, "utf8")) as Saved;
        expect(results.flatMap(({ verdicts }) => verdicts.map(({ target }) => target))).toEqual([
          "at most 500 ms",
          "processor time at most 3.0 %",
          "processor time at most 3.0 %",
          ...["p50", "p99", "p50", "p99"].map((figure) => `${figure} at most 5.00 ms`),
        ]);
        const figures = results.flatMap(({ verdicts }) => verdicts.map(({ figure }) => figure));
        for (const figure of figures) expect(figure).toMatch(/^\d+(\.\d+)? (ms|%)$/);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    RUN_MS_MAX,
  );

  it("says which question there is not, and that a table has all", () => {
    expect(bench(["speed"])).toMatchObject({ status: 1, stderr: "no question is called 'speed'\n" });
    expect(bench(["floor", "--table", "bench/README.md"])).toMatchObject({ status: 1 });
    expect(bench(["--table", "none.md"])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^--table: ENOENT: no such file or directory, open 'none.md'$/m),
    });
  });
});
