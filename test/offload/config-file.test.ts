import { execFileSync } from "node:child_process";
import { constants, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfigText } from "../../src/offload/config-file.ts";
import { CONFIG_FILE_BYTES_MAX } from "../../src/util/limits.ts";

const never = new AbortController().signal;
let directory: string;
const at = (name: string): string => join(directory, name);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-config-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function makeFifo(name: string): string {
  execFileSync("mkfifo", [at(name)]);
  return at(name);
}

const openFds = (): number => readdirSync("/proc/self/fd").length;

describe("a configuration file", () => {
  it("is read to its end", async () => {
    const text = '[set-state]\nevent = "pwritev"\n'.repeat(2_000);
    writeFileSync(at("file"), text);
    const before = openFds();
    expect(await readConfigText(at("file"), never)).toBe(text);
    expect(await readConfigText("/dev/null", never)).toBe("");
    expect(openFds()).toBe(before);
  });

  it("that cannot be read is an error that says at which step, in the C library's words", async () => {
    mkdirSync(at("folder"));
    const error = (step: string, message: string) => expect.objectContaining({ step, message });
    await expect(readConfigText(at("none"), never)).rejects.toEqual(
      error("open", "No such file or directory"),
    );
    await expect(readConfigText(at("folder"), never)).rejects.toEqual(error("read", "Is a directory"));
  });

  it("that does not end is an error, not a full memory", async () => {
    await expect(readConfigText("/dev/zero", never)).rejects.toThrow("File too large");
    writeFileSync(at("fits"), Buffer.alloc(CONFIG_FILE_BYTES_MAX, "a"));
    expect(await readConfigText(at("fits"), never)).toHaveLength(CONFIG_FILE_BYTES_MAX);
  });

  it("C8: may be a FIFO, whose writer is awaited", async () => {
    const path = makeFifo("awaited");
    const before = openFds();
    const reading = readConfigText(path, never);
    await expect.poll(openFds).toBe(before + 1);
    const writer = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    await writer.write("[set-");
    await writer.write("state]\n");
    await writer.close();
    expect(await reading).toBe("[set-state]\n");
    expect(openFds()).toBe(before);
  });

  it("C8: 64 that wait on silent FIFOs slow nobody, and are each cancelled within 50 ms", async () => {
    const path = makeFifo("silent");
    writeFileSync(at("beside"), "text");
    const before = openFds();
    const readings = Array.from({ length: 64 }, () => {
      const controller = new AbortController();
      const outcome = readConfigText(path, controller.signal);
      return { controller, outcome: expect(outcome).rejects.toThrow("given up") };
    });
    await expect.poll(openFds).toBe(before + readings.length);
    expect(await readConfigText(at("beside"), never)).toBe("text");
    for (const { controller, outcome } of readings) {
      const start = performance.now();
      controller.abort(new Error("given up"));
      await outcome;
      expect(performance.now() - start).toBeLessThan(50);
    }
    expect(openFds()).toBe(before);
  });
});
