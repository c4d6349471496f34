/** `qmpd bench screendump`, as people run it: servers that it starts, servers that run, and one whose pictures are old. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BenchResult } from "../../src/screenbench/result.ts";
import { ScriptedServer } from "../loadgen/scripted-server.ts";
import { framePpm } from "../screenbench/pictures.ts";
import { qemuMissing } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";

const PROGRAM = resolve("dist/src/cli/qmpd.js");
const SHORT = ["--duration", "300ms", "--rounds", "1"];
const TEST_MS_MAX = 120_000;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "qmpd-bench-test-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `interruptAt`: standard error says this when it is time for a Ctrl-C. */
async function bench(
  args: readonly string[],
  interruptAt?: string,
): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [PROGRAM, "bench", "screendump", ...args], { cwd: folder });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes) => {
    stdout += bytes;
  });
  child.stderr.on("data", (bytes) => {
    const wasTime = interruptAt !== undefined && stderr.includes(interruptAt);
    stderr += bytes;
    if (interruptAt !== undefined && !wasTime && stderr.includes(interruptAt)) child.kill("SIGINT");
  });
  const [status] = await once(child, "close");
  return { status, stdout, stderr };
}

function saved(name: string): BenchResult {
  return JSON.parse(readFileSync(join(folder, name, "screendump.json"), "utf8")) as BenchResult;
}

function leftInMemory(): string[] {
  return readdirSync("/dev/shm").filter((name) => name.startsWith("qmpd-screendumps-"));
}

describe("servers that are started", () => {
  it(
    "have fresh pictures verified by format, target, clients and waiters",
    async () => {
      const before = leftInMemory();
      const matrix = ["--size", "320x200", "--content", "moving", "--device", "qxl", "--clients", "2"];
      const more = ["--waiters", "3", "--target", "tmpfs,reply", "--out", "all"];
      const { status, stdout, stderr } = await bench(["qmpd", ...matrix, ...more, ...SHORT]);
      expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
      const { cases } = saved("all");
      expect(cases).toHaveLength(2 * 2 * 2);
      for (const { servers, dumpCase } of cases) {
        const [{ verified, rounds } = {}] = servers;
        // What clients took before, and what was left behind after: that may be of any time.
        const taken = 3 * dumpCase.crowd.count;
        expect(verified).toMatchObject({
          pictures: taken + (dumpCase.target === "reply" ? 0 : 1),
          freshPictures: taken,
          size: { width: 320, height: 200 },
          faultCount: 0,
        });
        expect(rounds?.[0]?.perSecond).toBeGreaterThan(0);
      }
      expect(readdirSync(join(folder, "all")).sort()).toEqual([
        "dumps-per-second.svg",
        "report.html",
        "screendump.json",
      ]);
      expect(stderr).toContain("png 320x200 qxl, 2 clients, tmpfs: round 1 of 1, qmpd");
      expect(leftInMemory()).toEqual(before);
    },
    TEST_MS_MAX,
  );

  it("write to a disk too, and leave nothing there", async () => {
    const args = ["qmpd", "--size", "320x200", "--format", "ppm", "--target", "disk", "--disk", folder];
    const { status, stdout } = await bench([...args, ...SHORT]);
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(stdout).toMatch(/^ppm 320x200 VGA, 1 client, disk +qmpd /m);
    expect(readdirSync(folder).filter((name) => name.startsWith("qmpd-screendumps-"))).toEqual([]);
  });

  it.skipIf(qemuMissing() !== undefined)(
    "show the same pixels as real QEMU, VGA and qxl, one console and several",
    async () => {
      const matrix = [
        "--size",
        "640x480",
        "--device",
        "VGA,qxl",
        "--clients",
        "1,2",
        "--waiters",
        "2",
        "--format",
        "png",
      ];
      const { status, stdout } = await bench(["qmpd", "qemu", ...matrix, "--out", "qemu", ...SHORT]);
      expect({ status, stdout }).toMatchObject({ status: 0 });
      for (const { servers, dumpCase } of saved("qemu").cases) {
        const [ours, theirs] = servers;
        if (theirs?.skipped !== undefined) {
          expect(dumpCase).toMatchObject({ scene: { device: "qxl" }, crowd: { count: 2, consoles: "own" } });
          continue;
        }
        expect(ours?.verified?.stillHash).toBe(theirs?.verified?.stillHash);
        expect(ours?.ratio?.median).toBeGreaterThan(0);
        expect(ours?.ratio?.pictureSize).toBeLessThanOrEqual(1.5);
      }
      expect(stdout).toMatch(/^not measured: .*qxl, 2 clients.*: QEMU is given one qxl console here$/m);
    },
    TEST_MS_MAX,
  );

  it.skipIf(qemuMissing() !== undefined)(
    "may be PCs, whose guests have painted the same picture with the same firmware",
    async () => {
      const args = ["qmpd", "qemu", "--device", "pc", "--size", "640x480,4K", "--format", "ppm"];
      const { status, stdout } = await bench([...args, ...SHORT, "--out", "pc"]);
      expect({ status, stdout }).toMatchObject({ status: 0 });
      const [small, large] = saved("pc").cases;
      const [ours, theirs] = small?.servers ?? [];
      expect(ours?.verified).toMatchObject({ size: { width: 640, height: 480 }, faultCount: 0 });
      expect(ours?.verified?.stillHash).toBe(theirs?.verified?.stillHash);
      expect(large?.servers.map(({ skipped }) => skipped)).toEqual(
        ["qmpd", "qemu"].map(() => "a PC has 8 MiB of video memory"),
      );
    },
    TEST_MS_MAX,
  );
});

describe("Ctrl-C", () => {
  const args = [
    "qmpd",
    "--size",
    "320x200,640x480",
    "--format",
    "ppm",
    "--duration",
    "300ms",
    "--rounds",
    "2",
  ];

  it("ends a run in order, and tells what was measured", async () => {
    const { status, stdout } = await bench(args, "640x480 VGA, 1 client, tmpfs: round 1");
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(stdout).toMatch(/^ppm 320x200 VGA, 1 client, tmpfs +qmpd /m);
    expect(stdout).not.toContain("640x480");
    expect(leftInMemory()).toEqual([]);
  });

  it("leaves nothing when nothing was measured", async () => {
    const { status, stdout, stderr } = await bench(args, "320x200 VGA, 1 client, tmpfs: verifying");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("qmpd: it was interrupted before anything was measured\n");
    expect(leftInMemory()).toEqual([]);
  });
});

describe("servers that run", () => {
  it("are taken as they are, and left running", async () => {
    const server = await startQmpd({
      args: ["--display", "VGA:400x300,id=video0", "--display", "VGA:400x300,id=video1"],
    });
    try {
      const endpoint = `unix:${server.sockets[0]}`;
      const args = [endpoint, endpoint, "--clients", "2", "--console", "video{client}", "--format", "ppm"];
      const { status, stdout } = await bench([...args, ...SHORT]);
      expect({ status, stdout }).toMatchObject({ status: 0 });
      expect(stdout).toMatch(/^ppm, 2 clients, tmpfs +qmpd [\d.]+ +[\d,.]+ .* 360 KB /m);
      expect(stdout).toMatch(/^verified: 14 pictures decoded, .*, 12 of them fresh /m);
    } finally {
      await server.stop();
    }
  });

  it("fail the run when their pictures are old", async () => {
    const data = framePpm(7).toString("base64");
    const answers: Readonly<Record<string, object>> = {
      "query-qmp-schema": [
        { name: "screendump-data", "meta-type": "command", "arg-type": "0", "ret-type": "0" },
      ],
      "query-status": { status: "running", running: true },
      "screendump-data": { width: 320, height: 200, data },
    };
    const server = await new ScriptedServer(({ id, command, socket }) => {
      socket.write(`{"return": ${JSON.stringify(answers[command] ?? {})}, "id": ${id}}\r\n`);
    }).listen();
    try {
      const args = [`unix:${server.path}`, "--target", "reply", "--format", "ppm"];
      const { status, stdout } = await bench([...args, ...SHORT]);
      expect(status).toBe(2);
      expect(stdout).toMatch(
        /^WRONG: ppm, 1 client, reply, .*: picture 2: it shows frame 7, and 7 had been seen before it was asked for$/m,
      );
    } finally {
      server.close();
    }
  });
});

describe("what cannot be run is said", () => {
  it.each([
    [
      ["nobody"],
      "qmpd: 'nobody' is nobody to compare: write unix:PATH or tcp:HOST:PORT, or qmpd or qemu to start one",
    ],
    [["unix:none.sock", "--size", "4K"], "qmpd: --size and --device are for servers that are started here"],
    [
      ["qmpd", "--size", "huge"],
      "qmpd: --size: 'huge' is no size: write WIDTHxHEIGHT, or one of 720p, 1080p, 1440p, 4K",
    ],
    [["qmpd", "--format", "gif"], "qmpd: --format: there is no 'gif'; there are png, ppm"],
    [
      ["qmpd", "--target", "disk", "--disk", "/dev/shm"],
      "qmpd: --target disk: /dev/shm is in memory: name another with --disk",
    ],
    [["qmpd", "--duration", "soon"], "qmpd: --duration: 'soon' is no time such as 500ms, 30s or 2m"],
    [["unix:none.sock"], "qmpd: unix:none.sock: "],
    [["unix:none.sock", "--clients", "4"], "qmpd: --clients 4: each client has a console of its own"],
    [["qmpd", "--clients", "0"], "error: option '--clients <n,...>' argument '0' is invalid"],
  ])("%j", async (args, message) => {
    const { status, stdout, stderr } = await bench(args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain(message);
  });
});
