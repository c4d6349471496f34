/** What QEMU 7.2 answers of a ring buffer of 16 bytes, `r`, and another device, `n`. */

import { beforeEach, expect, it } from "vitest";
import { RingBuffer } from "../../src/chardev/ring-buffer.ts";
import { charHandlers } from "../../src/commands/char.ts";
import type { MachineControl } from "../../src/commands/machine-control.ts";
import { marshalCharCommands } from "../../src/qapi/generated/char.ts";
import type { JsonObject, JsonValue } from "../../src/qjson/value.ts";
import type { PlainContext } from "../../src/qmp/context.ts";
import { RING_WRITE_CHARS_MAX } from "../../src/util/limits.ts";

let call: (name: string, args?: JsonObject) => JsonValue;

beforeEach(() => {
  const machine: Pick<MachineControl, "serial" | "monitorDevices"> = {
    serial: { label: "r", filename: "ringbuf", ringBuffer: new RingBuffer(16) },
    monitorDevices: [{ label: "n", filename: "stdio" }],
  };
  const commands = marshalCharCommands(charHandlers(machine as MachineControl));
  call = (name, args = {}) => {
    const command = commands.find((one) => one.name === name);
    if (command?.kind !== "plain") throw new Error(`${name} is no plain command`);
    return command.call(args, {} as PlainContext);
  };
});

const write = (data: string, format?: string): JsonValue =>
  call("ringbuf-write", { device: "r", data, ...(format !== undefined && { format }) });
const read = (size: number | bigint, format?: string): JsonValue =>
  call("ringbuf-read", { device: "r", size, ...(format !== undefined && { format }) });

it("lists the devices, and the kinds of them", () => {
  expect(call("query-chardev")).toEqual([
    { label: "r", filename: "ringbuf", "frontend-open": true },
    { label: "n", filename: "stdio", "frontend-open": true },
  ]);
  expect(call("query-chardev-backends")).toEqual([
    { name: "socket" },
    { name: "stdio" },
    { name: "ringbuf" },
  ]);
});

it("reads what was written, the oldest first, and once", () => {
  write("0123456789abcdefXY");
  expect(read(4)).toBe("2345");
  expect(read(2n ** 63n - 1n)).toBe("6789abcdefXY");
  expect(read(5)).toBe("");
});

it.each([
  ["YQBi/8Ppeg==", "YQBi/8Ppeg=="],
  ["YW\nJj", "YWJj"],
  ["YQ==YQ==", "YWE="],
  ["YQ", ""],
  ["Y", ""],
  ["", ""],
])("takes %j for base64", (data, expected) => {
  expect(write(data, "base64")).toEqual({});
  expect(read(100, "base64")).toBe(expected);
});

it.each([
  ["Yf/D6Xo=", ["a\ufffd\ufffd\ufffdz"]],
  ["w6k=", ["\ufffd", "\ufffd"]],
])("tells what is no UTF-8 as U+FFFD: %j", (data, expected) => {
  write(data, "base64");
  expect(expected.map((text) => read(expected.length === 1 ? 100 : text.length))).toEqual(expected);
});

it("keeps a NUL", () => {
  write("a\0b\u00e9");
  expect(read(100)).toBe("a\0b\u00e9");
});

it.each([
  ["ringbuf-write", { device: "x", data: "a" }, "Device 'x' not found"],
  ["ringbuf-write", { device: "n", data: "a" }, "n is not a ringbuf device"],
  ["ringbuf-read", { device: "x", size: 0 }, "Device 'x' not found"],
  ["ringbuf-read", { device: "n", size: 0 }, "n is not a ringbuf device"],
  ["ringbuf-read", { device: "r", size: 0 }, "size must be greater than zero"],
  ["ringbuf-read", { device: "r", size: -1 }, "size must be greater than zero"],
  ["ringbuf-read", { device: "r", size: 5, format: "foo" }, "Parameter 'format' does not accept value 'foo'"],
  [
    "ringbuf-write",
    { device: "r", data: "Y!Q=", format: "base64" },
    "Base64 data contains invalid characters",
  ],
  ["ringbuf-write", { device: "r", data: "\0", format: "base64" }, "Base64 data contains invalid characters"],
])("%s %j: %s", (name, args, message) => {
  expect(() => call(name, args)).toThrow(message);
});

it("takes no more in one go than the limit says", () => {
  const text = "x".repeat(RING_WRITE_CHARS_MAX);
  expect(write(text)).toEqual({});
  expect(() => write(`${text}x`)).toThrow(
    `Parameter 'data' is longer than ${RING_WRITE_CHARS_MAX} characters`,
  );
});
