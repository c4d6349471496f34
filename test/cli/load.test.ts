/** `qmpd load`, as people run it: against this server and real QEMU, with its exit statuses and what it writes. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { reply, ScriptedServer } from "../loadgen/scripted-server.ts";
import { qemuMissing, startQemu } from "../support/qemu.ts";
import { endpoint, folder, load, QUIET, savedRun } from "./load-runs.ts";
import { PROGRAM, qmpd } from "./program.ts";

describe("against this server", () => {
  it("checks every reply of light and slow commands, with async and oob, and of slow readers and new connections", async () => {
    const slow = `qtest-timeout:2 duration=0.01; screendump:1 filename=${folder}/{client}.ppm`;
    const mix = `query-status:200; query-commands:2; query-sessions:20; ${slow}`;
    const options = ["--clients", "6", "--in-flight", "16", "--async", "--oob", "--reconnect", "20"];
    const more = [
      "--slow-readers",
      "2",
      "--threads",
      "2",
      "--duration",
      "2s",
      "--ramp",
      "200ms",
      "--out",
      "all",
    ];
    const { status, stdout } = await load([endpoint, "--mix", mix, ...options, ...more]);
    expect({ status, stdout }).toMatchObject({ status: 0 });
    const { total, commands, faults, reconnects, headOfLine, slowReaders } = savedRun("all");
    expect(Object.values(faults)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(total.errors).toEqual({});
    for (const { replies } of commands) expect(replies).toBeGreaterThan(0);
    expect(reconnects).toBeGreaterThan(5);
    expect(headOfLine?.besideCount).toBeGreaterThan(0);
    expect(slowReaders).toMatchObject({ closed: 0 });
    expect(slowReaders.replies).toBeGreaterThan(0);
  }, 30_000);

  it("counts the events of each client", async () => {
    const args = ["--clients", "5", "--count", "500", "--mix", "stop; cont", "--out", "events"];
    expect((await load([endpoint, ...args])).status).toBe(0);
    const { events } = savedRun("events");
    expect(events.perClientMin).toBeGreaterThan(0);
    // Each sees what all others do; who is done first still sees it.
    expect(events.total).toBeLessThanOrEqual((events.perClientMax ?? 0) * 5);
    expect(Object.keys(events.byName).sort()).toEqual(["RESUME", "STOP"]);
  });

  it("counts exactly, and the same for the same seed", async () => {
    const counts = async (seed: string): Promise<number[]> => {
      const args = ["--clients", "3", "--count", "1000", "--seed", seed, "--threads", "2", "--out", seed];
      expect((await load([endpoint, ...args])).status).toBe(0);
      return savedRun(seed).commands.map(({ replies }) => replies);
    };
    const first = await counts("1");
    expect(first.reduce((sum, count) => sum + count, 0)).toBe(1000);
    expect(await counts("1")).toEqual(first);
    expect(await counts("2")).not.toEqual(first);
  });

  it("takes the mix from a file", async () => {
    writeFileSync(
      join(folder, "mix.yaml"),
      "- command: query-name\n- { command: query-version, weight: 3 }\n",
    );
    const { status, stdout } = await load([endpoint, "--mix", "mix.yaml", "--count", "100"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^query-version /m);
  });

  it("ends in order when it is interrupted, and tells what was measured", async () => {
    const { status, stdout } = await load([endpoint, ...QUIET, "--duration", "1h"], 0);
    expect(status).toBe(130);
    expect(stdout).toMatch(/^query-status +[\d,]+ /m);
    expect(stdout).toMatch(/^.*, [\d.]+ s, interrupted$/m);
  });
});

describe("the exit status", () => {
  it("is 0 when thresholds are met, 3 when one is not, and says which", async () => {
    const met = await load([endpoint, ...QUIET, "--count", "100", "--threshold", "p99<10s", "errors<1%"]);
    expect(met).toMatchObject({ status: 0 });
    expect(met.stdout).toMatch(/^threshold p99<10s: met \(.*\)\nthreshold errors<1%: met \(0 %\)$/m);
    const missed = await load([
      ...[endpoint, "--mix", "screendump filename=/no/such/file", "--count", "10"],
      ...["--threshold", "screendump:errors<1%", "--threshold", "rate>=0.1"],
    ]);
    expect(missed).toMatchObject({ status: 3 });
    expect(missed.stdout).toMatch(
      /^errors: screendump 10 GenericError \(the first: failed to open file '.no.such.file': .*\)$/m,
    );
    expect(missed.stdout).toMatch(/^threshold screendump:errors<1%: MISSED \(100 %\)$/m);
  });

  it("is 2 when a reply is doubled, whatever the thresholds", async () => {
    const faulty = await new ScriptedServer(({ id, command, socket }) => {
      const schema = '[{"name": "query-status", "meta-type": "command"}]';
      if (command === "query-qmp-schema") socket.write(`{"return": ${schema}, "id": ${id}}\r\n`);
      else socket.write(reply(id) + reply(id));
    }).listen();
    try {
      const { status, stdout } = await load([
        ...[`unix:${faulty.path}`, ...QUIET, "--count", "10"],
        ...["--threshold", "rate>999999999"],
      ]);
      expect(status).toBe(2);
      expect(stdout).toMatch(
        /^WRONG: 10 doubled\n {2}doubled: client 0 \(unix:.*\): a second reply came for id 0$/m,
      );
    } finally {
      faulty.close();
    }
  });

  it("is 1 for a server that refuses, in its words", async () => {
    const refusal = '{"error": {"class": "GenericError", "desc": "not \\u001b[2J today"}}';
    const refusing = await new ScriptedServer(() => {}, refusal).listen();
    try {
      const stderr = expect.stringMatching(/^qmpd: qmp_capabilities: GenericError: not \\x1b\[2J today\n/);
      expect(await load([`unix:${refusing.path}`])).toMatchObject({ status: 1, stderr });
      expect(await qmpd(["shell", `unix:${refusing.path}`], folder)).toMatchObject({ status: 1, stderr });
    } finally {
      refusing.close();
    }
  });

  it.runIf(process.platform === "linux")("is 1 when the output cannot be written, and says why", async () => {
    const script = `"${process.execPath}" "${PROGRAM}" load ${endpoint} --count 5 > /dev/full`;
    const child = spawn("sh", ["-c", script]);
    let stderr = "";
    child.stderr.on("data", (bytes) => {
      stderr += bytes;
    });
    expect(await once(child, "close")).toEqual([1, null]);
    expect(stderr).toMatch(/^qmpd: standard output: ENOSPC: /);
  });

  it("is 1, without a complaint, when nobody reads how the run goes", async () => {
    const child = spawn(process.execPath, [PROGRAM, "load", endpoint, "--duration", "1h"]);
    let output = "";
    child.stdout.on("data", (bytes) => {
      output += bytes;
    });
    child.stderr.destroy();
    expect(await once(child, "close")).toEqual([1, null]);
    expect(output).toBe("");
  });

  it("does not let a server write to the terminal as it likes", async () => {
    const faulty = await new ScriptedServer(({ id, command, socket }) => {
      const schema = '[{"name": "query-status", "meta-type": "command"}]';
      if (command === "query-qmp-schema") socket.write(`{"return": ${schema}, "id": ${id}}\r\n`);
      else {
        const error = '{"class": "\\u001b[2J", "desc": "x"}';
        socket.write(`\u001b]0;title\u0007\r\n{"error": ${error}, "id": ${id}}\r\n`);
      }
    }).listen();
    try {
      const { status, stdout } = await load([`unix:${faulty.path}`, ...QUIET, "--count", "1"]);
      expect(status).toBe(2);
      expect(stdout).toContain("errors: query-status 1 \\x1b[2J");
      expect(stdout).toContain("this came, which is no reply: \\x1b]0;title\\x07");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there.
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    } finally {
      faulty.close();
    }
  });

  it.each([
    [["unix:nobody"], "unix:nobody: there is no such socket: is the server running?"],
    [["nobody"], "'nobody' is no endpoint to connect to"],
    [["unix:x", "--duration", "5"], "--duration: '5' is no time such as 500ms, 30s or 2m"],
    [["unix:x", "--duration", "0s"], "--duration: nothing can be measured in no time"],
    [["unix:x", "--duration", "1s", "--count", "5"], "--duration and --count exclude each other"],
    [["unix:x", "--mix", "none.yaml"], "--mix: cannot read none.yaml"],
    [["unix:x", "--threshold", "p99"], "--threshold: 'p99' is none"],
    [["unix:x", "--server-pid", "999999999"], "--server-pid 999999999: there is no such process here"],
    [["unix:x", "--in-flight", "100000"], "--in-flight: at most 65536"],
    [["compare", "unix:x", "folder"], "one of each says nothing"],
    [
      ["compare", "folder", "other", "--rounds", "5"],
      "--rounds is for servers: saved runs are what they are",
    ],
    [["compare", "folder", "folder"], "cannot read a run from folder/run.json"],
  ])("is 1, with the reason, for %j", async (args, reason) => {
    const { status, stderr } = await load(args);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(reason) });
  });

  it("is 1 for a command or a capability that the server does not have", async () => {
    expect(await load([endpoint, "--mix", "nonsense"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("the mix has 'nonsense', which qmpd"),
    });
    expect(await load([endpoint, "--mix", "qtest-timeout", "--slow-readers", "2"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("--slow-readers ask light commands alone, and the mix has none"),
    });
  });

  it("is 1 before anything is sent, when there are not enough open files", async () => {
    const script = `ulimit -n 100 && exec "${process.execPath}" "${PROGRAM}" load ${endpoint} --clients 90`;
    const child = spawn("sh", ["-c", script]);
    let stderr = "";
    child.stderr.on("data", (bytes) => {
      stderr += bytes;
    });
    expect(await once(child, "close")).toEqual([1, null]);
    expect(stderr).toContain(
      "90 clients need 154 open files, and this process may have 100: run 'ulimit -n 154'",
    );
  });
});

describe.skipIf(qemuMissing() !== undefined)("against real QEMU", () => {
  it("checks its replies, spread over its monitors, and compares it with this server", async () => {
    const qemu = await startQemu({ monitors: 3 });
    try {
      const endpoints = qemu.sockets.map((path) => `unix:${path}`);
      const run = await load([
        ...endpoints,
        "--clients",
        "3",
        "--oob",
        "--in-flight",
        "12",
        "--count",
        "300",
      ]);
      expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/^QEMU 7\.2/) });
      const sides = [endpoint, endpoints.join(",")];
      const options = ["--clients", "3", "--duration", "300ms", "--rounds", "2", ...QUIET];
      const { status, stdout } = await load(["compare", ...sides, ...options]);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^query-status +[\d,]+ \/s +[\d,]+ \/s +[\d.]+x +[\d.]+ to [\d.]+$/m);
    } finally {
      await qemu.stop();
    }
  }, 30_000);
});
