import { describe, expect, it } from "vitest";
import {
  decodeHeader,
  encodeHeader,
  fileName,
  headerBytes,
  PREFIX_BYTES,
  type SnapshotHeader,
  tagOf,
} from "../../src/offload/snapshot-file.ts";

const HEADER: SnapshotHeader = {
  id: 7,
  dateMs: 1_795_548_703_850.5,
  guestTimeMs: 14_398.19,
  stateBytes: 9_621_260,
  overlays: [{ drive: "ide0-hd0", bytes: 4100 }],
};

describe("the file name of a tag", () => {
  it.each([
    ["s1", "s1.snapshot"],
    ["before-upgrade_2.0", "before-upgrade_2.0.snapshot"],
    ["../x", "%2E.%2Fx.snapshot"],
    ["/etc/passwd", "%2Fetc%2Fpasswd.snapshot"],
    [".", "%2E.snapshot"],
    ["..", "%2E..snapshot"],
    [".hidden", "%2Ehidden.snapshot"],
    ["", "%.snapshot"],
    ["%", "%25.snapshot"],
    ["%2F", "%252F.snapshot"],
    ["a\0b\n", "a%00b%0A.snapshot"],
    ["Grüße 😀", "Gr%C3%BC%C3%9Fe%20%F0%9F%98%80.snapshot"],
    ["x.snapshot", "x.snapshot.snapshot"],
  ])("of %j is %j, and the other way round", (tag, name) => {
    expect(fileName(tag)).toBe(name);
    expect(name).not.toMatch(/^\.|\//);
    expect(tagOf(name)).toBe(tag);
  });

  it("is not there for one that is too long", () => {
    expect(fileName("a".repeat(180))).toHaveLength(189);
    expect(() => fileName("a".repeat(181))).toThrow("Snapshot tag is too long");
    const huge = "a".repeat(10_000_000);
    const startMs = performance.now();
    expect(() => fileName(huge)).toThrow("Snapshot tag is too long");
    expect(performance.now() - startMs, "milliseconds").toBeLessThan(100);
    expect(() => fileName("ä".repeat(31))).toThrow("Snapshot tag is too long");
  });

  it.each(["s1", "s1.snapshot.0.partial", "%zz.snapshot", "%2f.snapshot", "a b.snapshot", ".snapshot"])(
    "is not %j",
    (name) => expect(tagOf(name)).toBeUndefined(),
  );
});

describe("what a file tells about itself", () => {
  const bytes = encodeHeader(HEADER);
  const decode = (file: Buffer): SnapshotHeader => {
    const prefix = file.subarray(0, PREFIX_BYTES);
    return decodeHeader(prefix, file.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes(prefix)));
  };
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  };

  it("is read as it was written", () => expect(decode(bytes)).toEqual(HEADER));

  it("is refused when its end is missing, wherever that begins", () => {
    for (let length = 0; length < bytes.length; length++)
      expect(() => decode(bytes.subarray(0, length)), `${length} bytes`).toThrow("its end is missing");
  });

  it("is refused when any bit of it is wrong", () => {
    for (let at = 0; at < bytes.length; at++)
      expect(() => decode(changed(at, (bytes[at] ?? 0) ^ 0x10)), `byte ${at}`).toThrow(
        /^(it is no snapshot|it is of version \d+, and only version 1 can be read|it is damaged: a checksum is wrong|its end is missing)$/,
      );
  });

  it("names what is wrong", () => {
    expect(() => decode(Buffer.from("PK\u0003\u0004 something else"))).toThrow("it is no snapshot");
    expect(() => decode(changed(8, 2))).toThrow("it is of version 2, and only version 1 can be read");
  });

  it.each([
    "null",
    "[]",
    JSON.stringify({ ...HEADER, stateBytes: -1 }),
    JSON.stringify({ ...HEADER, stateBytes: 0.5 }),
    JSON.stringify({ ...HEADER, overlays: [{ drive: "toString", bytes: 1 }] }),
    JSON.stringify({ ...HEADER, overlays: [null] }),
    JSON.stringify({ ...HEADER, id: "1" }),
  ])("is refused when it is %s, though its checksum is right", (text) => {
    const file = encodeHeader(JSON.parse(text) as SnapshotHeader);
    expect(() => decode(file)).toThrow("it is damaged");
  });
});
