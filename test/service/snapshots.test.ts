/** Snapshots over a real socket, of the demo guest: saved, changed, loaded, compared. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Line, TestClient } from "../support/client.ts";
import { Program } from "../support/program.ts";

/** A whole program starts in each test, on a computer that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

let directory: string;
let program: Program | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-snapshot-service-"));
  mkdirSync(file("snaps"));
  writeFileSync(file("disk.img"), Buffer.alloc(2 ** 20));
});
afterEach(async () => {
  program?.kill("SIGTERM");
  await program?.ended;
  program = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const file = (name: string): string => join(directory, name);
const saved = (): string[] => readdirSync(file("snaps"));
const status = (id: string, name: string) => ({ event: "JOB_STATUS_CHANGE", data: { id, status: name } });
const statuses = (id: string, ...names: string[]) => names.map((name) => status(id, name));
const DISK = { vmstate: "ide0-hd0", devices: ["ide0-hd0"] };
const NO_DISK = { vmstate: "snapshots", devices: [] };

async function serve(...args: string[]): Promise<TestClient> {
  program = new Program(directory, {
    args: ["--machine", "pc", "--serial", "unix:serial.sock", "--snapshots", "snaps", ...args],
  });
  await program.ready();
  return TestClient.connect(file("qmp.sock"), []);
}

/** With a disk whose changes go to an overlay. */
const serveDisk = (...args: string[]): Promise<TestClient> =>
  serve("--hda", "disk.img", "--snapshot", ...args);

/** The guest's prompt, by its serial port. */
class Prompt {
  readonly socket: Socket = createConnection(file("serial.sock"));
  #said = "";
  #changed: () => void = () => {};

  constructor() {
    this.socket.on("data", (bytes) => {
      this.#said += bytes.toString("latin1");
      this.#changed();
    });
  }

  async until(isTrue: (said: string) => boolean): Promise<void> {
    while (!isTrue(this.#said)) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** What a line that is entered prints, up to the next prompt. */
  async enter(line: string): Promise<string> {
    const start = this.#said.length;
    this.socket.write(`${line}\r`);
    await this.until((said) => said.slice(start).endsWith("\r\n> "));
    return this.#said.slice(start + line.length + 2, -4);
  }

  /** Types without entering. */
  async type(text: string): Promise<void> {
    const start = this.#said.length;
    this.socket.write(text);
    await this.until((said) => said.length >= start + text.length);
  }
}

/** The prompt of a machine that was started stopped: what it prints before somebody is there would be lost. */
async function prompt(client: TestClient): Promise<Prompt> {
  const guest = new Prompt();
  await new Promise((resolve) => guest.socket.once("connect", resolve));
  await client.execute("cont");
  await guest.until((said) => said.endsWith("\r\n> "));
  return guest;
}

async function begin(client: TestClient, command: string, id: string, args: object): Promise<void> {
  expect(await client.execute(command, { "job-id": id, ...args })).toEqual({ return: {} });
}

/** The lines until a job has concluded, and its error. */
async function concluded(client: TestClient, id: string): Promise<{ lines: Line[]; error: unknown }> {
  const lines: Line[] = [];
  do lines.push(await client.next());
  while (JSON.stringify(lines.at(-1)?.data) !== JSON.stringify(status(id, "concluded").data));
  const { return: jobs } = (await client.execute("query-jobs")) as {
    return: { id: string; error?: string }[];
  };
  return { lines, error: jobs.find((job) => job.id === id)?.error };
}

/** A job from its beginning until it is dismissed; answers its error. */
async function run(client: TestClient, command: string, args: object): Promise<unknown> {
  await begin(client, command, "job", args);
  const { error } = await concluded(client, "job");
  expect(await client.execute("job-dismiss", { id: "job" })).toEqual({ return: {} });
  return error;
}

async function screen(client: TestClient): Promise<Buffer> {
  const filename = file("screen.ppm");
  expect(await client.execute("screendump", { filename })).toEqual({ return: {} });
  return readFileSync(filename);
}

it("a machine and its disk come back as they were saved", async () => {
  const client = await serveDisk("--stopped");
  const guest = await prompt(client);
  expect(await guest.enter("write 1 before")).toBe("written");
  await guest.type("half a li");
  await client.execute("stop");
  const before = await screen(client);
  expect(await run(client, "snapshot-save", { tag: "one", ...DISK })).toBeUndefined();
  await client.execute("cont");
  await guest.type("ne");
  expect(await guest.enter("")).toContain("help");
  expect(await guest.enter("write 1 after")).toBe("written");
  expect(await guest.enter("graphics")).toBe("");
  await client.execute("stop");
  expect((await screen(client)).equals(before)).toBe(false);
  expect(await run(client, "snapshot-load", { tag: "one", ...DISK })).toBeUndefined();
  expect(await client.execute("query-status")).toMatchObject({ return: { status: "paused" } });
  expect((await screen(client)).equals(before)).toBe(true);
  await client.execute("cont");
  // The line that was begun is still there, and so is what the disk held.
  expect(await guest.enter("\u0015read 1")).toContain("before..");
  expect(readFileSync(file("disk.img")).every((byte) => byte === 0)).toBe(true);
});

it("tells STOP, RESUME and a job's states in QEMU's order, behind the reply", async () => {
  const client = await serveDisk();
  for (const command of ["snapshot-save", "snapshot-load"]) {
    client.send({ execute: command, arguments: { "job-id": command, tag: "one", ...DISK } });
    expect(await client.take(8)).toMatchObject([
      ...statuses(command, "created", "running"),
      { return: {} },
      { event: "STOP" },
      { event: "RESUME" },
      ...statuses(command, "waiting", "pending", "concluded"),
    ]);
  }
  client.send({ execute: "snapshot-load", arguments: { "job-id": "no", tag: "none", ...DISK } });
  expect(await client.take(5)).toMatchObject([
    ...statuses("no", "created", "running"),
    { return: {} },
    ...statuses("no", "aborting", "concluded"),
  ]);
  client.send({ execute: "job-dismiss", arguments: { id: "no" } });
  expect(await client.take(2)).toMatchObject([status("no", "null"), { return: {} }]);
  expect(await client.execute("query-status")).toMatchObject({ return: { status: "running" } });
});

it("R1: what changes whether the guest runs waits for a load", async () => {
  const client = await serveDisk();
  await run(client, "snapshot-save", { tag: "one", ...DISK });
  client.send({ execute: "snapshot-load", arguments: { "job-id": "load", tag: "one", ...DISK } });
  client.send({ execute: "system_reset" });
  client.send({ execute: "query-name" });
  const lines = await client.take(11);
  expect(lines.map(({ event }) => event).filter((event) => event !== "JOB_STATUS_CHANGE" && event)).toEqual([
    "STOP",
    "RESUME",
    "RESET",
  ]);
});

it("lists what is saved, by machine and by disk", async () => {
  const client = await serveDisk();
  await run(client, "snapshot-save", { tag: "with disk", ...DISK });
  await run(client, "snapshot-save", { tag: "without", ...NO_DISK });
  const { return: all } = (await client.execute("query-snapshots")) as { return: Record<string, unknown>[] };
  expect(all).toMatchObject([
    { id: "1", name: "with disk", devices: ["ide0-hd0"] },
    { id: "2", name: "without", devices: [] },
  ]);
  expect(Math.abs(Number(all[0]?.["date-sec"]) - Date.now() / 1000)).toBeLessThan(60);
  expect(all[0]?.["vm-state-size"]).toBeGreaterThan(2 ** 20);
  const { devices: _, ...ofDisk } = all[0] ?? {};
  const { return: drives } = (await client.execute("query-block")) as { return: object[] };
  expect(drives[0]).toMatchObject({
    device: "ide0-hd0",
    inserted: { backing_file: "disk.img", backing_file_depth: 1, image: { snapshots: [ofDisk] } },
  });
});

describe("a snapshot that cannot be", () => {
  it("is refused in QEMU's words", async () => {
    writeFileSync(file("floppy.img"), Buffer.alloc(1_474_560));
    const client = await serve("--hda", "disk.img", "--fda", "floppy.img");
    const save = (args: object) => run(client, "snapshot-save", { tag: "one", ...NO_DISK, ...args });
    expect(await save({})).toBeUndefined();
    expect(await save({})).toBe("Snapshot 'one' already exists in one or more devices");
    expect(await save({ vmstate: "none", devices: [] })).toBe("At least one device is required for snapshot");
    expect(await save({ devices: ["none"] })).toBe("No block device node 'none'");
    // The drive is there, but nothing is in it.
    expect(await save({ devices: ["ide1-cd0"] })).toBe("No block device node 'ide1-cd0'");
    expect(await save({ devices: ["ide0-hd0"] })).toBe(
      "Device 'ide0-hd0' is writable but does not support snapshots",
    );
    expect(await client.execute("snapshot-save", { "job-id": "1 x", tag: "two", ...NO_DISK })).toMatchObject({
      error: { class: "GenericError", desc: "Invalid job ID '1 x'" },
    });
    const load = (args: object) => run(client, "snapshot-load", { tag: "one", ...NO_DISK, ...args });
    expect(await load({ tag: "none" })).toBe("Snapshot 'none' does not exist in one or more devices");
    expect(await load({ devices: ["none"] })).toBe("No block device node 'none'");
    const remove = (args: object) => run(client, "snapshot-delete", { tag: "one", devices: [], ...args });
    expect(await remove({ tag: "none" })).toBe("At least one device is required for snapshot");
    expect(await remove({ devices: ["none"] })).toBe("No block device node 'none'");
    // A damaged one is not in the way for ever.
    writeFileSync(file("snaps/one.snapshot"), "damaged");
    expect(await save({})).toBe("Snapshot 'one' already exists in one or more devices");
    expect(await remove({})).toBeUndefined();
    expect(saved()).toEqual([]);
  });

  it("is refused where its store, or a disk in it, is another one", async () => {
    const client = await serveDisk();
    const save = (args: object) => run(client, "snapshot-save", { tag: "one", ...DISK, ...args });
    expect(await save({ vmstate: "none" })).toBe("vmstate block device 'none' does not exist");
    expect(await save(NO_DISK)).toBeUndefined();
    expect(await run(client, "snapshot-load", { tag: "one", ...DISK })).toBe(
      "Snapshot 'one' does not exist in one or more devices",
    );
    expect(await run(client, "snapshot-delete", { tag: "none", devices: ["ide0-hd0"] })).toBeUndefined();
    expect(saved()).toEqual(["one.snapshot"]);
  });

  it("is refused without a directory, which has to be there at the start", async () => {
    program = new Program(directory, { args: ["--machine", "pc"] });
    await program.ready();
    const client = await TestClient.connect(file("qmp.sock"), []);
    expect(await run(client, "snapshot-save", { tag: "one", ...NO_DISK })).toBe(
      "Snapshots need a directory: start the machine with --snapshots DIR",
    );
    expect(await run(client, "snapshot-delete", { tag: "one", devices: [] })).toMatch(
      /^Snapshots need a dir/,
    );
    expect(await client.execute("query-snapshots")).toEqual({ return: [] });
    program.kill("SIGTERM");
    await program.ended;
    program = new Program(directory, { args: ["--machine", "pc", "--snapshots", "none"] });
    expect(await program.ended).toMatchObject({ status: 1 });
    expect(program.stderr).toContain("Snapshot directory 'none': No such file or directory");
  });

  it("is refused when its file is damaged, or of another machine, and leaves the machine as it was", async () => {
    const client = await serveDisk();
    await run(client, "snapshot-save", { tag: "one", ...DISK });
    const path = file("snaps/one.snapshot");
    const whole = readFileSync(path);
    const wrong = Buffer.from(whole);
    wrong[2 ** 20] = (wrong[2 ** 20] ?? 0) ^ 0xff;
    writeFileSync(path, wrong);
    const load = () => run(client, "snapshot-load", { tag: "one", ...DISK });
    expect(await load()).toBe("Snapshot file 'snaps/one.snapshot': it is damaged: a checksum is wrong");
    writeFileSync(path, whole.subarray(0, 2 ** 20));
    expect(await load()).toMatch(/its end is missing: it has 1048576 of \d+ bytes$/);
    writeFileSync(path, whole);
    expect(client.texts.filter((text) => text.includes('"STOP"'))).toHaveLength(1);
    expect(await load()).toBeUndefined();
    client.destroy();
    program?.kill("SIGTERM");
    await program?.ended;
    const other = await serve("--hda", "disk.img", "--snapshot", "--memory", "32");
    expect(await run(other, "snapshot-load", { tag: "one", ...DISK })).toBe(
      "Snapshot file 'snaps/one.snapshot': The saved state is of a machine with another memory size",
    );
  });
});

describe("a job", () => {
  it("that is paused stands still, and leaves nothing when it is cancelled", async () => {
    const client = await serveDisk();
    client.send({ execute: "snapshot-save", arguments: { "job-id": "save", tag: "one", ...DISK } });
    client.send({ execute: "job-pause", arguments: { id: "save" } });
    const isPaused = status("save", "paused").data;
    while (JSON.stringify((await client.next()).data) !== JSON.stringify(isPaused));
    expect(saved()).toEqual([expect.stringMatching(/^one\.snapshot\..*\.partial$/)]);
    expect(await client.execute("query-jobs")).toMatchObject({
      return: [{ id: "save", type: "snapshot-save", status: "paused" }],
    });
    // The machine is not held up by it.
    expect(await client.execute("stop")).toEqual({ return: {} });
    expect(await client.execute("cont")).toEqual({ return: {} });
    client.send({ execute: "job-cancel", arguments: { id: "save" } });
    const { lines, error } = await concluded(client, "save");
    expect(lines).toMatchObject([{ return: {} }, ...statuses("save", "running", "aborting", "concluded")]);
    expect(error).toBe("Operation canceled");
    expect(saved()).toEqual([]);
  });

  it("that is resumed goes on to its end", async () => {
    const client = await serveDisk();
    client.send({ execute: "snapshot-save", arguments: { "job-id": "save", tag: "one", ...DISK } });
    client.send({ execute: "job-pause", arguments: { id: "save" } });
    while (JSON.stringify((await client.next()).data) !== JSON.stringify(status("save", "paused").data));
    expect(await client.execute("job-resume", { id: "save" })).toEqual({ return: {} });
    expect((await concluded(client, "save")).error).toBeUndefined();
    expect(saved()).toEqual(["one.snapshot"]);
  });

  it("goes on without its client, and ends with the machine", async () => {
    const client = await serveDisk();
    await begin(client, "snapshot-save", "first", { tag: "first", ...DISK });
    await begin(client, "snapshot-save", "second", { tag: "second", ...DISK });
    await client.execute("job-pause", { id: "second" });
    client.destroy();
    const other = await TestClient.connect(file("qmp.sock"), []);
    const jobs = async () => {
      const { return: all } = (await other.execute("query-jobs")) as { return: { status: string }[] };
      return all.map((job) => job.status);
    };
    while ((await jobs()).join() !== "paused,concluded");
    expect(saved()).toHaveLength(2);
    program?.kill("SIGTERM");
    expect(await program?.ended).toMatchObject({ status: 0 });
    expect(saved()).toEqual(["first.snapshot"]);
  });

  it("for a tag that another one is busy with waits for it", async () => {
    const client = await serveDisk();
    for (const id of ["first", "second"])
      client.send({ execute: "snapshot-save", arguments: { "job-id": id, tag: "one", ...DISK } });
    client.send({
      execute: "snapshot-delete",
      arguments: { "job-id": "third", tag: "one", devices: DISK.devices },
    });
    await concluded(client, "third");
    expect(await client.execute("query-jobs")).toMatchObject({
      return: [
        { id: "third", status: "concluded", "current-progress": 1, "total-progress": 1 },
        { id: "second", error: "Snapshot 'one' already exists in one or more devices" },
        { id: "first", status: "concluded" },
      ],
    });
    expect(saved()).toEqual([]);
  });
});
