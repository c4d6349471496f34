import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type DiskAccess, DiskFile, DiskFileError } from "../../src/offload/disk-file.ts";
import { openNodeDisk } from "../../src/offload/node-disk.ts";

/** Not a multiple of a block. */
const SIZE_BYTES = 5 * 4096 + 512;
let directory: string;
let file: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-disk-"));
  file = join(directory, "disk.img");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const content = (): Uint8Array => Uint8Array.from({ length: SIZE_BYTES }, (_, index) => (index * 7) % 251);

function open(access: DiskAccess): DiskFile {
  writeFileSync(file, content());
  return new DiskFile(file, access);
}

function readWhole(disk: DiskFile): Uint8Array {
  const bytes = new Uint8Array(SIZE_BYTES);
  disk.read(0, bytes);
  return bytes;
}

const writes = fc.array(
  fc.record({ offset: fc.nat(SIZE_BYTES - 1), length: fc.integer({ min: 1, max: 9000 }), byte: fc.nat(255) }),
  { maxLength: 6 },
);

it.each<DiskAccess>(["read-write", "overlay"])("%s: reads what was written, wherever it was", (access) => {
  fc.assert(
    fc.property(writes, fc.nat(SIZE_BYTES), (all, from) => {
      const disk = open(access);
      const expected = content();
      for (const { offset, length, byte } of all) {
        const bytes = new Uint8Array(Math.min(length, SIZE_BYTES - offset)).fill(byte);
        disk.write(offset, bytes);
        expected.set(bytes, offset);
      }
      const part = new Uint8Array(SIZE_BYTES - from);
      disk.read(from, part);
      expect(part).toEqual(expected.subarray(from));
      expect(new Uint8Array(readFileSync(file))).toEqual(access === "overlay" ? content() : expected);
      disk.close();
    }),
    { numRuns: 25 },
  );
});

it("an overlay comes back as it was exported, and a damaged or foreign one is refused", () => {
  const disk = open("overlay");
  disk.write(4000, new Uint8Array(200).fill(1));
  const [exported, then] = [disk.exportOverlay(), readWhole(disk)];
  disk.write(0, new Uint8Array(SIZE_BYTES).fill(2));
  disk.importOverlay(exported);
  expect(readWhole(disk)).toEqual(then);
  expect(() => disk.importOverlay(exported.subarray(1))).toThrow("the saved disk is damaged");
  const foreign = Uint8Array.from(exported);
  new DataView(foreign.buffer).setUint32(4, 999, true);
  expect(() => disk.importOverlay(foreign)).toThrow("the saved disk is of another size");
  expect(readWhole(disk)).toEqual(then);
  disk.close();
});

it("an overlay that cannot be made is told of, and leaves no file open", () => {
  vi.stubEnv("TMPDIR", join(directory, "nowhere"));
  const before = readdirSync("/proc/self/fd").length;
  expect(() => open("overlay")).toThrow(DiskFileError);
  expect(() => open("overlay")).toThrow(
    `Could not make a temporary file in '${join(directory, "nowhere")}': No such file or directory`,
  );
  expect(readdirSync("/proc/self/fd")).toHaveLength(before);
  vi.unstubAllEnvs();
});

it.each<DiskAccess>(["read-write", "overlay"])(
  "%s: a part of a file that is open is read and written",
  (access) => {
    writeFileSync(file, content());
    const descriptor = openSync(file, "r+");
    const part = { descriptor, offsetBytes: 512 };
    const disk = openNodeDisk({ file: "told", sizeBytes: SIZE_BYTES, isReadOnly: false, part }, access);
    // It needs neither the name nor the descriptor any more.
    closeSync(descriptor);
    expect(() =>
      openNodeDisk({ file: "told", sizeBytes: SIZE_BYTES, isReadOnly: false, part }, access),
    ).toThrow(new DiskFileError("Could not open 'told': No such file or directory"));
    expect(disk).toMatchObject({ file: "told", sizeBytes: SIZE_BYTES, isReadOnly: false });
    disk.write(1000, Uint8Array.of(1, 2, 3));
    const expected = new Uint8Array(SIZE_BYTES);
    expected.set(content().subarray(512));
    expected.set([1, 2, 3], 1000);
    const bytes = new Uint8Array(SIZE_BYTES).fill(9);
    disk.read(0, bytes);
    expect(bytes).toEqual(expected);
    const written = new Uint8Array(readFileSync(file)).subarray(512);
    expect(written).toEqual(access === "overlay" ? content().subarray(512) : expected.subarray(0, -512));
    disk.close();
  },
);

it("a part of a file that was made shorter meanwhile is zeros there, and can be written", () => {
  writeFileSync(file, content().subarray(0, 4096));
  const descriptor = openSync(file, "r+");
  const part = { descriptor, offsetBytes: 512 };
  const contents = { file: "told", sizeBytes: SIZE_BYTES, isReadOnly: false, part };
  const [disk, other] = [openNodeDisk(contents, "overlay"), openNodeDisk(contents, "overlay")];
  closeSync(descriptor);
  disk.write(SIZE_BYTES - 3, Uint8Array.of(1, 2, 3));
  const expected = new Uint8Array(SIZE_BYTES);
  expected.set(content().subarray(512, 4096));
  expected.set([1, 2, 3], SIZE_BYTES - 3);
  other.importOverlay(disk.exportOverlay());
  for (const each of [disk, other]) {
    const bytes = new Uint8Array(SIZE_BYTES).fill(9);
    each.read(0, bytes);
    expect(bytes).toEqual(expected);
    each.close();
  }
});

it("a part of no file is zeros, whatever is written", () => {
  const contents = { file: "null-co://", sizeBytes: 4096, isReadOnly: false, part: undefined };
  const disk = openNodeDisk(contents, "overlay");
  disk.write(0, Uint8Array.of(1));
  const bytes = new Uint8Array(4096).fill(9);
  disk.read(0, bytes);
  expect(bytes).toEqual(new Uint8Array(4096));
});
