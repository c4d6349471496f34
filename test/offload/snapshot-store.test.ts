import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { MachineState } from "../../src/offload/pc-contract.ts";
import { WorkerPool } from "../../src/offload/pool.ts";
import { encodeHeader } from "../../src/offload/snapshot-file.ts";
import { SnapshotStore, type TransferControl } from "../../src/offload/snapshot-store.ts";
import { poolWorkerUrl } from "../support/pool-thread.ts";

const MIB = 2 ** 20;
const WHEN = { dateMs: 1_795_548_703_850, guestTimeMs: 14_398 };

let pool: WorkerPool;
let directory: string;
let store: SnapshotStore;
let nowMs: number;
beforeAll(() => {
  pool = new WorkerPool({ workerUrl: poolWorkerUrl, threads: 1, onThreadGone: () => {} });
});
afterAll(() => pool.close());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-snapshots-"));
  nowMs = WHEN.dateMs;
  store = new SnapshotStore(
    directory,
    async () => pool,
    () => nowMs,
  );
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = (name: string): string => join(directory, name);

function shared(length: number, seed: number): Uint8Array<SharedArrayBuffer> {
  const bytes = new Uint8Array(new SharedArrayBuffer(length));
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + seed) >>> 3;
  return bytes;
}

/** Several pieces, the last one short, and two overlays. */
const state = (): MachineState => ({
  bytes: shared(9 * MIB + 5, 1),
  overlays: [
    { drive: "ide0-hd0", bytes: shared(5 * MIB, 2) },
    { drive: "floppy0", bytes: shared(4, 3) },
  ],
});

/** `pausePoint` is called before each piece. */
function control(pausePoint: (count: number, abort: AbortController) => void | Promise<void> = () => {}) {
  const abort = new AbortController();
  const told: [number, number][] = [];
  let count = 0;
  const given: TransferControl = {
    signal: abort.signal,
    async pausePoint() {
      await pausePoint(++count, abort);
      abort.signal.throwIfAborted();
    },
    progress: (current, total) => void told.push([current, total]),
  };
  return { ...given, told };
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** In short: comparing millions of numbers takes minutes. */
const digests = ({ bytes, overlays }: MachineState) => [
  [bytes.length, digest(bytes)],
  ...overlays.map((overlay) => [overlay.drive, overlay.bytes.length, digest(overlay.bytes)]),
];

it("gives back what was saved, and tells of it", async () => {
  const saved = state();
  const saving = control();
  await store.save("one", saved, WHEN, saving);
  await store.save("two", { bytes: shared(10, 4), overlays: [] }, { ...WHEN, dateMs: 1 }, control());
  const loading = control();
  expect(digests(await store.load("one", loading))).toEqual(digests(saved));
  const total = 14 * MIB + 9;
  for (const { told } of [saving, loading])
    expect(told.map(([current]) => current)).toEqual([
      4 * MIB,
      8 * MIB,
      9 * MIB + 5,
      13 * MIB + 5,
      14 * MIB + 5,
      total,
    ]);
  const [two, one] = await store.list();
  expect(one).toEqual({
    tag: "one",
    id: 1,
    ...WHEN,
    stateBytes: 9 * MIB + 5,
    overlays: [
      { drive: "ide0-hd0", bytes: 5 * MIB },
      { drive: "floppy0", bytes: 4 },
    ],
  });
  expect(two).toMatchObject({ tag: "two", id: 2, overlays: [] });
  expect([await store.has("one"), await store.has("three")]).toEqual([true, false]);
  await store.remove("one");
  await store.remove("one");
  expect(readdirSync(directory)).toEqual(["two.snapshot"]);
});

it("a tag that is a path leads nowhere else", async () => {
  mkdirSync(file("inside"));
  const inside = new SnapshotStore(
    file("inside"),
    async () => pool,
    () => nowMs,
  );
  await inside.save("../x", { bytes: shared(10, 1), overlays: [] }, WHEN, control());
  expect(readdirSync(directory)).toEqual(["inside"]);
  expect(readdirSync(file("inside"))).toEqual(["%2E.%2Fx.snapshot"]);
  expect((await inside.list()).map(({ tag }) => tag)).toEqual(["../x"]);
});

it.each([1, 2, 3, 6, 7])("leaves nothing when it is cancelled at the look %i", async (look) => {
  let partial: string[] = [];
  const cancelled = control((count, abort) => {
    if (count !== look) return;
    partial = readdirSync(directory);
    abort.abort(new Error("given up"));
  });
  await expect(store.save("one", state(), WHEN, cancelled)).rejects.toThrow("given up");
  expect(partial).toEqual([expect.stringMatching(/^one\.snapshot\..*\.partial$/)]);
  expect(readdirSync(directory)).toEqual([]);
});

it("leaves nothing when the pool's threads end", async () => {
  const mortal = new WorkerPool({ workerUrl: poolWorkerUrl, threads: 1, onThreadGone: () => {} });
  const doomed = new SnapshotStore(
    directory,
    async () => mortal,
    () => nowMs,
  );
  const dying = control(async (count) => (count === 2 ? mortal.close() : undefined));
  await expect(doomed.save("one", state(), WHEN, dying)).rejects.toMatchObject({ code: "WORKER_GONE" });
  expect(readdirSync(directory)).toEqual([]);
});

it("removes what a killed process has left, and not what is being written", async () => {
  const [stale, fresh] = [file("a.snapshot.1.partial"), file("b.snapshot.2.partial")];
  for (const [path, ageS] of [
    [stale, 3601],
    [fresh, 3599],
  ] as const) {
    writeFileSync(path, "half");
    utimesSync(path, nowMs / 1000 - ageS, nowMs / 1000 - ageS);
  }
  const save = (tag: string) => store.save(tag, { bytes: shared(10, 1), overlays: [] }, WHEN, control());
  await save("one");
  expect(readdirSync(directory).sort()).toEqual(["b.snapshot.2.partial", "one.snapshot"]);
  nowMs += 2_000;
  await save("two");
  expect(readdirSync(directory).sort()).toEqual(["one.snapshot", "two.snapshot"]);
});

it("refuses a file that is damaged, and names it", async () => {
  await store.save("one", state(), WHEN, control());
  const path = file("one.snapshot");
  const whole = readFileSync(path);
  const load = () => store.load("one", control());
  const prefix = `Snapshot file '${path}': `;
  for (const at of [300, 5 * MIB, 12 * MIB, whole.length - 5, whole.length - 1]) {
    const wrong = Buffer.from(whole);
    wrong[at] = (wrong[at] ?? 0) ^ 1;
    writeFileSync(path, wrong);
    await expect(load(), `byte ${at}`).rejects.toThrow(`${prefix}it is damaged: a checksum is wrong`);
  }
  writeFileSync(path, whole);
  truncateSync(path, whole.length - 1);
  await expect(load()).rejects.toThrow(
    `${prefix}its end is missing: it has ${whole.length - 1} of ${whole.length} bytes`,
  );
  truncateSync(path, 10);
  await expect(load()).rejects.toThrow(`${prefix}its end is missing`);
  writeFileSync(path, Buffer.concat([whole, Buffer.from("x")]));
  await expect(load()).rejects.toThrow(`${prefix}it has 1 bytes too many`);
  writeFileSync(path, "something else");
  await expect(load()).rejects.toThrow(`${prefix}it is no snapshot`);
  // It is in the way all the same, until it is removed.
  expect([await store.has("one"), await store.list()]).toEqual([true, []]);
});

it("refuses what is no regular file, without waiting for it", async () => {
  execFileSync("mkfifo", [file("fifo.snapshot")]);
  mkdirSync(file("folder.snapshot"));
  for (const tag of ["fifo", "folder"])
    await expect(store.load(tag, control())).rejects.toThrow(
      `Snapshot file '${file(`${tag}.snapshot`)}': it is not a regular file`,
    );
  expect(await store.list()).toEqual([]);
});

it("tells what is wrong with the directory", async () => {
  const none = new SnapshotStore(
    file("none"),
    async () => pool,
    () => nowMs,
  );
  const message = `Snapshot directory '${file("none")}': No such file or directory`;
  await expect(none.check()).rejects.toThrow(message);
  await expect(none.list()).rejects.toThrow(message);
  await expect(none.save("one", state(), WHEN, control())).rejects.toThrow(message);
  writeFileSync(file("plain"), "");
  await expect(
    new SnapshotStore(
      file("plain"),
      async () => pool,
      () => nowMs,
    ).check(),
  ).rejects.toThrow("Not a directory");
});

it("one that is larger than memory is refused", async () => {
  const header = encodeHeader({ id: 1, ...WHEN, stateBytes: 2 ** 42, overlays: [] });
  writeFileSync(file("large.snapshot"), header);
  truncateSync(file("large.snapshot"), header.length + 2 ** 42 + 4);
  await expect(store.load("large", control())).rejects.toThrow(
    `Snapshot file '${file("large.snapshot")}': Cannot allocate memory`,
  );
});
