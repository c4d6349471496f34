/** What `qmpd load` writes, and the comparison of it. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HistogramLogReader } from "hdr-histogram-js";
import { describe, expect, it } from "vitest";
import { endpoint, folder, load, QUIET, savedRun, server } from "./load-runs.ts";
import { PROGRAM } from "./program.ts";

describe("what --out writes", () => {
  it("is the same run in three forms", async () => {
    const args = [
      "--clients",
      "4",
      "--duration",
      "1s",
      "--out",
      "deep/er",
      "--server-pid",
      String(server.pid),
    ];
    const { status, stdout } = await load([endpoint, ...args]);
    expect(status).toBe(0);
    expect(stdout).toContain("written: deep/er/report.html, run.json, latency.hlog");
    const run = savedRun("deep/er");
    expect(run.serverCpuUsPerReply).toBeGreaterThan(0);
    const html = readFileSync(join(folder, "deep/er/report.html"), "utf8");
    expect(html).not.toMatch(/https?:\/\/|<script|\bsrc=/);
    expect(html).toContain(`Load on ${run.server}`);
    const reader = new HistogramLogReader(readFileSync(join(folder, "deep/er/latency.hlog"), "utf8"));
    let replies = 0;
    for (let entry = reader.nextIntervalHistogram(); entry != null; entry = reader.nextIntervalHistogram()) {
      replies += entry.totalCount;
    }
    expect(replies).toBe(run.total.replies);
  });

  it("is not lost when a comparison of servers is interrupted: the rounds that are complete are told", async () => {
    const args = ["compare", endpoint, endpoint, "--rounds", "99", "--duration", "300ms", ...QUIET];
    const child = spawn(process.execPath, [PROGRAM, "load", ...args]);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (bytes) => {
      stdout += bytes;
    });
    child.stderr.on("data", (bytes) => {
      const wasThere = stderr.includes("round 2 of 99");
      stderr += bytes;
      if (!wasThere && stderr.includes("round 2 of 99")) child.kill("SIGINT");
    });
    expect(await once(child, "close")).toEqual([130, null]);
    expect(stdout).toMatch(/^query-status +[\d,]+ \/s +[\d,]+ \/s +[\d.]+x +-$/m);
    expect(stderr).not.toContain("round 3");
  });

  it.runIf(process.platform === "linux")(
    "has to be a folder that can be written to, before any load is made",
    async () => {
      writeFileSync(join(folder, "plain"), "");
      mkdirSync(join(folder, "taken", "run.json"), { recursive: true });
      const cases = [
        // Root may write to a folder that is closed to others; nobody may to these.
        ["/proc/x", "ENOENT"],
        ["/proc", "ENOENT"],
        ["plain", "EEXIST"],
        ["plain/below", "ENOTDIR"],
        ["taken", "EISDIR"],
      ] as const;
      for (const [out, code] of cases) {
        const { status, stdout, stderr } = await load([endpoint, ...QUIET, "--duration", "1h", "--out", out]);
        expect({ status, stdout, stderr }).toEqual({
          status: 1,
          stdout: "",
          stderr: expect.stringMatching(`^qmpd: --out ${out}: ${code}: `),
        });
      }
      const compare = await load(["compare", endpoint, endpoint, "--duration", "1h", "--out", "taken"]);
      expect(compare).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^qmpd: --out taken: EISDIR: /),
      });
    },
  );

  it("is there also when nobody reads what is said of it", async () => {
    const args = ["load", endpoint, ...QUIET, "--count", "10", "--out", "unread"];
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder });
    child.stdout.destroy();
    expect(await once(child, "close")).toEqual([1, null]);
    expect(savedRun("unread").total.replies).toBe(10);
  });

  it("is told as what it is when the disk is full at the end, and an earlier run stays", async () => {
    const args = [endpoint, ...QUIET, "--count", "100", "--out", "full"];
    expect((await load(args)).status).toBe(0);
    const before = savedRun("full");
    // The disk of this name is always full.
    symlinkSync("/dev/full", join(folder, "full", "report.html.new"));
    const { status, stdout, stderr } = await load(args);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining("qmpd: --out full: what was measured cannot be written: ENOSPC: "),
    });
    expect(stdout).toMatch(/^query-status +100 /m);
    expect(savedRun("full")).toEqual(before);
    expect(readdirSync(join(folder, "full")).sort()).toEqual(["latency.hlog", "report.html", "run.json"]);
  });

  it("is nothing when one of two servers is not there: the other is not loaded", async () => {
    const { status, stderr } = await load(["compare", endpoint, "unix:nobody", "--duration", "1h", ...QUIET]);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^qmpd: unix:nobody: there is no such socket/),
    });
  });

  it("is nothing when a comparison is interrupted before a round is complete", async () => {
    const out = await load(["compare", endpoint, endpoint, "--duration", "1h", ...QUIET], 500);
    expect(out).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringContaining("qmpd: it was interrupted before a round was complete"),
    });
  });

  it("can be compared", async () => {
    for (const name of ["one", "two"]) {
      expect((await load([endpoint, ...QUIET, "--count", "500", "--out", name])).status).toBe(0);
    }
    const { status, stdout } = await load(["compare", "one", "two"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^A {2}one\nB {2}two\n\n +A +B +A to B +spread\nquery-status +[\d,]+ \/s/);
  });

  it("cannot be compared when its file was emptied: that is told, without a stack", async () => {
    mkdirSync(join(folder, "emptied"));
    writeFileSync(join(folder, "emptied", "run.json"), '{"format": "qmpd-load 1"}');
    const { status, stdout, stderr } = await load(["compare", "emptied", "emptied"]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe(
      "qmpd: emptied/run.json is no run as 'qmpd load --out' saves it: startedAt is missing; " +
        "measure again, or compare another run\n",
    );
  });
});
