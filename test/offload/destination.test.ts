import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  closeDestination,
  type Destination,
  discardDestination,
  identifyDestination,
  openDestination,
  retractDestination,
} from "../../src/offload/destination.ts";
import { ERROR_DESC_LEN_MAX } from "../../src/util/limits.ts";

let directory: string;
const at = (name: string): string => join(directory, name);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-destination-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("opening a destination", () => {
  it("D5: makes a new file, or keeps what an old one holds", async () => {
    const made = await openDestination(at("new"));
    expect(made).toMatchObject({ kind: "file", isNew: true, sizeBytes: 0 });
    await closeDestination(made);
    writeFileSync(at("old"), "content");
    const old = await openDestination(at("old"));
    expect(old).toMatchObject({ kind: "file", isNew: false, sizeBytes: 7 });
    await closeDestination(old);
    expect(readFileSync(at("old"), "utf8")).toBe("content");
  });

  it("D5: knows which file it made, also when others make and remove it at the same time", async () => {
    for (let round = 0; round < 200; round++) {
      const opened = await Promise.all(
        [0, 1, 2].map(async () => {
          const destination = await openDestination(at("contested"));
          await discardDestination(destination, false);
          return destination.isNew;
        }),
      );
      expect(opened).toContain(true);
      expect(existsSync(at("contested"))).toBe(false);
    }
  });

  it("D5: makes the file that a dangling link leads to", async () => {
    symlinkSync(at("target"), at("dangling"));
    const made = await openDestination(at("dangling"));
    expect(made.isNew).toBe(true);
    expect(existsSync(at("target"))).toBe(true);
    await discardDestination(made, false);
    expect(existsSync(at("target"))).toBe(false);
    expect(readlinkSync(at("dangling"))).toBe(at("target"));
  });

  it("D5: follows dangling links as the file system does", async () => {
    mkdirSync(at("far/deep"), { recursive: true });
    mkdirSync(at("near"));
    symlinkSync(at("far/deep"), at("near/folder"));
    symlinkSync("folder/../end", at("near/second"));
    symlinkSync("second", at("near/first"));
    await closeDestination(await openDestination(at("near/first")));
    expect(existsSync(at("far/end"))).toBe(true);
    symlinkSync("missing/", at("slash"));
    await expect(openDestination(at("slash"))).rejects.toThrow("Is a directory");
    symlinkSync("circle", at("circle"));
    await expect(openDestination(at("circle"))).rejects.toThrow("Too many levels of symbolic links");
  });

  it("D5: tells why a file cannot be opened, in QEMU's words", async () => {
    mkdirSync(at("folder"));
    writeFileSync(at("plain"), "");
    const errors = {
      [at("none/file")]: "No such file or directory",
      [at("folder")]: "Is a directory",
      [at("plain/file")]: "Not a directory",
      "": "No such file or directory",
      [at("x".repeat(300))]: "File name too long",
      [at("nul\0")]: "Invalid argument",
    };
    for (const [path, text] of Object.entries(errors)) {
      await expect(openDestination(path)).rejects.toThrow(`failed to open file '${path}': ${text}`);
    }
  });

  it.skipIf(process.getuid?.() === 0)("D5: tells of a file that may not be written", async () => {
    writeFileSync(at("read-only"), "");
    chmodSync(at("read-only"), 0o400);
    await expect(openDestination(at("read-only"))).rejects.toThrow("Permission denied");
  });

  it("C8: refuses a FIFO without a reader, and a socket", async () => {
    execFileSync("mkfifo", [at("fifo")]);
    await expect(openDestination(at("fifo"))).rejects.toThrow("No such device or address");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at("socket"), resolve));
    await expect(openDestination(at("socket"))).rejects.toThrow("No such device or address");
    await new Promise((resolve) => server.close(resolve));
  });

  it("tells a device from a file", async () => {
    const device = await openDestination("/dev/null");
    expect(device).toMatchObject({ kind: "device", isNew: false });
    await closeDestination(device);
  });
});

async function retract(destination: Destination): Promise<void> {
  await closeDestination(destination);
  await retractDestination(destination);
}

const discardWritten = (destination: Destination): Promise<void> => discardDestination(destination, true);

describe("discarding a destination", () => {
  it("D5: removes a file that it made, and empties one that it has written to", async () => {
    await discardDestination(await openDestination(at("discarded")), false);
    expect(existsSync(at("discarded"))).toBe(false);
    writeFileSync(at("touched"), "content");
    await discardDestination(await openDestination(at("touched")), false);
    expect(readFileSync(at("touched"), "utf8")).toBe("content");
    await discardDestination(await openDestination(at("touched")), true);
    expect(readFileSync(at("touched"), "utf8")).toBe("");
  });

  it("D5: touches no file that has come to the path of its own", async () => {
    for (const isNew of [true, false]) {
      for (const takeBack of [retract, discardWritten]) {
        writeFileSync(at("came"), "somebody else's");
        if (!isNew) writeFileSync(at("mine"), "old");
        const destination = await openDestination(at("mine"));
        expect(destination.isNew).toBe(isNew);
        renameSync(at("came"), at("mine"));
        await takeBack(destination);
        expect(readFileSync(at("mine"), "utf8")).toBe("somebody else's");
        rmSync(at("mine"));
      }
    }
  });

  it("D5: takes back what has been written and closed", async () => {
    await retract(await openDestination(at("taken-back")));
    expect(existsSync(at("taken-back"))).toBe(false);
    writeFileSync(at("kept"), "content");
    await retract(await openDestination(at("kept")));
    expect(readFileSync(at("kept"), "utf8")).toBe("");
  });

  it("holds no file afterwards, whatever happened to it meanwhile", async () => {
    const before = readdirSync("/proc/self/fd").length;
    const destination = await openDestination(at("gone"));
    rmSync(at("gone"));
    await discardDestination(destination, true);
    expect(readdirSync("/proc/self/fd").length).toBe(before);
  });
});

describe("R1: a destination's identity", () => {
  const share = (a: readonly string[], b: readonly string[]) => a.some((name) => b.includes(name));

  it("is shared by all names of a file, and by no other file", async () => {
    writeFileSync(at("one"), "");
    writeFileSync(at("two"), "");
    linkSync(at("one"), at("hard"));
    symlinkSync(at("one"), at("soft"));
    const one = await identifyDestination(at("one"));
    for (const name of ["hard", "soft", "./one", "folder/../one"]) {
      expect(share(one, await identifyDestination(`${directory}/${name}`))).toBe(true);
    }
    expect(share(one, await identifyDestination(relative(process.cwd(), at("one"))))).toBe(true);
    expect(share(one, await identifyDestination(at("two")))).toBe(false);
  });

  it("is the same before and after the file is made", async () => {
    const before = await identifyDestination(at("later"));
    writeFileSync(at("later"), "");
    expect(share(before, await identifyDestination(at("later")))).toBe(true);
    expect(share(before, await identifyDestination(at("other")))).toBe(false);
  });

  it("is shared by a link to a file that is not there, and that file", async () => {
    symlinkSync("unborn", at("leading"));
    symlinkSync("leading", at("leading-on"));
    const target = await identifyDestination(at("unborn"));
    expect(target).toHaveLength(1);
    expect(await identifyDestination(at("leading"))).toEqual(target);
    expect(await identifyDestination(at("leading-on"))).toEqual(target);
  });

  it("C8: is found without waiting for a FIFO's other end", async () => {
    execFileSync("mkfifo", [at("waiting")]);
    expect(await identifyDestination(at("waiting"))).toHaveLength(2);
  });

  it("exists for a path that leads nowhere", async () => {
    expect(await identifyDestination(at("none/none/file"))).toEqual([`path:${at("none/none/file")}`]);
  });

  it("C7: is not looked for where a path is too long to be one", async () => {
    const path = "x/".repeat(2 ** 20);
    expect(await identifyDestination(path)).toEqual([]);
    const error: Error = await openDestination(path).then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error.message).toMatch(/^failed to open file 'x\/x\/.*: File name too long$/);
    expect(error.message.length).toBeLessThan(2 * ERROR_DESC_LEN_MAX);
  });
});
