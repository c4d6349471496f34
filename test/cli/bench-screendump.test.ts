/** `qmpd bench screendump`, as people run it: servers that it starts, servers that run, and one whose pictures are old. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BenchResult } from "../../src/screenbench/result.ts";
import { type ScriptedRequest, ScriptedServer } from "../loadgen/scripted-server.ts";
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
      const more = ["--waiters", "12", "--target", "tmpfs,reply", "--out", "all"];
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
      expect(stderr).not.toContain("Warning");
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

  it.skipIf(qemuMissing() !== undefined)("have a size that each can show, or are not measured", async () => {
    const sizes = ["640x480", "1366x768", "4096x4104"].join();
    const args = ["qemu", "--size", sizes, "--format", "ppm", "--out", "sizes"];
    const { status, stdout } = await bench([...args, ...SHORT]);
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(saved("sizes").cases.map(({ servers: [qemu] }) => qemu?.skipped)).toEqual([
      undefined,
      "the card's widths are multiples of 8",
      "QEMU's card is given 64 MiB here",
    ]);
  });

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
    const before = leftInMemory();
    const { status, stdout } = await bench(args, "640x480 VGA, 1 client, tmpfs: round 1");
    expect({ status, stdout }).toMatchObject({ status: 130 });
    expect(stdout).toMatch(/^ppm 320x200 VGA, 1 client, tmpfs +qmpd /m);
    expect(stdout).not.toContain("640x480");
    expect(leftInMemory()).toEqual(before);
  });

  it("leaves nothing when nothing was measured", async () => {
    const before = leftInMemory();
    const { status, stdout, stderr } = await bench(args, "320x200 VGA, 1 client, tmpfs: verifying");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("qmpd: it was interrupted before anything was measured\n");
    expect(leftInMemory()).toEqual(before);
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
      expect(stdout).toMatch(/^ppm, 2 clients, tmpfs +qmpd [\d.]+ #1 +[\d,.]+ .* 360 KB /m);
      expect(stdout).toMatch(/^ +qmpd [\d.]+ #2 +[\d,.]+ .* 360 KB /m);
      expect(stdout).toMatch(/^ratio: pictures a second to those of qmpd [\d.]+ #2, /m);
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

/** Answers what the benchmark asks for; `dump` answers screendumps of `count`, from 1. */
async function scripted(
  dump: (request: ScriptedRequest, count: number) => object | undefined,
  negotiated?: string,
  packageName?: string,
): Promise<ScriptedServer> {
  let count = 0;
  const commands = ["screendump", "screendump-data"].map((name) => ({ name, "meta-type": "command" }));
  return new ScriptedServer(
    (request) => {
      const { id, command, socket } = request;
      const isDump = command.startsWith("screendump");
      const answer = isDump
        ? dump(request, ++count)
        : { return: command === "query-qmp-schema" ? commands : { running: true } };
      if (answer !== undefined) socket.write(`${JSON.stringify({ ...answer, id })}\r\n`);
    },
    negotiated,
    packageName,
  ).listen();
}

/** A device whose end does not come. */
function symlinkZero(path: string): void {
  symlinkSync("/dev/zero", path);
}

describe("a server that does not do what it says", () => {
  it("fails the run when it leaves no file, though there was one before", async () => {
    const server = await scripted(({ args }, count) => {
      if (count <= 3) writeFileSync(String(args.filename), framePpm(count));
      return { return: {} };
    });
    try {
      const { status, stdout } = await bench([`unix:${server.path}`, "--format", "ppm", ...SHORT]);
      expect({ status, stdout }).toMatchObject({ status: 2 });
      expect(stdout).toMatch(/^WRONG: .*: picture 4: a round of screendumps has left no file$/m);
    } finally {
      server.close();
    }
  });

  it("is told when it leaves none from the start", async () => {
    const server = await scripted(() => ({ return: {} }));
    try {
      const { status, stderr } = await bench([`unix:${server.path}`, "--format", "ppm", ...SHORT]);
      expect(status).toBe(1);
      expect(stderr).toContain("qmpd: QEMU 7.2.0: its file is not here: is it on another computer");
    } finally {
      server.close();
    }
  });

  it("is told when what it leaves is no file: nobody waits for a FIFO, or for the end of a device", async () => {
    for (const leave of [(path: string) => spawnSync("mkfifo", [path]), symlinkZero, mkdirSync]) {
      const server = await scripted(({ args }, count) => {
        if (count === 1) leave(String(args.filename));
        return { return: {} };
      });
      try {
        const { status, stderr } = await bench([`unix:${server.path}`, "--format", "ppm", ...SHORT]);
        expect(status).toBe(1);
        expect(stderr).toMatch(/^qmpd: QEMU 7.2.0: .*0-0.ppm: what the server has left there is no file$/m);
      } finally {
        server.close();
      }
    }
  });

  it("fails one case, and the others are measured", async () => {
    const data = framePpm(1).toString("base64");
    const server = await scripted(({ args }) =>
      args.format === "ppm"
        ? { return: { data } }
        : { error: { class: "GenericError", desc: "no\u001b[2J PNG" } },
    );
    try {
      const args = ["--target", "reply", "--format", "png,ppm", "--out", "failed"];
      const { status, stdout } = await bench([`unix:${server.path}`, ...args, ...SHORT]);
      expect({ status, stdout }).toMatchObject({ status: 2 });
      expect(stdout).toMatch(/^ppm, 1 client, reply +QEMU 7.2.0 /m);
      expect(stdout).toContain(
        "FAILED: png, 1 client, reply: QEMU 7.2.0: screendump-data: GenericError: no\\x1b[2J PNG\n",
      );
      expect(saved("failed")).toMatchObject({ cases: [{}], failures: [expect.stringContaining("no")] });
    } finally {
      server.close();
    }
  });

  it("is given up with Ctrl-C where it never answers", async () => {
    const server = await scripted(() => undefined);
    try {
      const { status, stderr } = await bench(
        [`unix:${server.path}`, "--target", "reply", ...SHORT],
        "verifying pictures",
      );
      expect({ status, stderr }).toMatchObject({ status: 1 });
      expect(stderr).toContain("qmpd: it was interrupted before anything was measured");
    } finally {
      server.close();
    }
  });

  it("does not command the terminal, wherever its name is told", async () => {
    const data = framePpm(1).toString("base64");
    const server = await scripted(() => ({ return: { data } }), '{"return": {}}', "qmpd \u001b[2J\n<b>");
    try {
      const args = ["--target", "reply", "--format", "ppm", "--out", "named"];
      const { stdout, stderr } = await bench([`unix:${server.path}`, ...args, ...SHORT]);
      expect(stdout).toContain("qmpd \\x1b[2J\\x0a<b>");
      expect(stderr).toContain("qmpd \\x1b[2J\\x0a<b>");
      const files = ["report.html", "dumps-per-second.svg"].map((name) =>
        readFileSync(join(folder, "named", name), "utf8"),
      );
      for (const text of [stdout, stderr, ...files]) expect(text).not.toContain("\u001b");
      for (const text of files) expect(text).not.toContain("<b>");
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
    [["qmpd", "--console", "video1"], "qmpd: --console is for servers that run already"],
    [["unix:none.sock", "--content", "still"], "qmpd: --content is for displays of our own"],
    [["qmpd", "--disk", "/tmp"], "qmpd: --disk tells where target disk is"],
    [
      ["qmpd", "--size", "99999x99999,10x10", "--format", "png"],
      "qmpd: nothing was measured\nnot measured: png 99999x99999 VGA, 1 client, tmpfs, qmpd: displays of qmpd have 320x200 to 3840x2160\n" +
        "not measured: png 10x10 VGA",
    ],
    [
      ["qmpd", "--device", "pc", "--size", "1366x768", "--format", "png"],
      "1366x768 pc, 1 client, tmpfs, qmpd: the card's widths are multiples of 8",
    ],
    [["qmpd", "--clients", "0"], "error: option '--clients <n,...>' argument '0' is invalid"],
  ])("%j", async (args, message) => {
    const { status, stdout, stderr } = await bench(args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain(message);
  });
});
