/**
 * What generated code does with arguments: QEMU's sentences, in QEMU's order.  The rows were asked of
 * QEMU 7.2, but for those of types that none of its commands in reach takes.
 */

import { describe, expect, it } from "vitest";
import { unmarshalBlockdevOptions } from "../../../src/qapi/generated/block-core.ts";
import { type CommandHandlers, marshalCommands } from "../../../src/qapi/generated/commands.ts";
import { QmpError } from "../../../src/qapi/runtime/error.ts";
import {
  asArray,
  asInt8,
  asInt32,
  asInt64,
  asNull,
  asNumber,
  asUint8,
  asUint64,
  type Input,
  type Unmarshal,
} from "../../../src/qapi/runtime/unmarshal.ts";
import { JsonDouble, type JsonObject, type JsonValue } from "../../../src/qjson/value.ts";

class Called extends Error {}

/** Handlers that are reached when the arguments are in order, and then do nothing. */
const reached = new Proxy({} as CommandHandlers<object, object>, {
  get: () =>
    Object.assign(
      () => {
        throw new Called();
      },
      { handle: () => undefined },
    ),
});
const commands = new Map(marshalCommands(reached, { QTEST: true }).map((command) => [command.name, command]));
const context = {
  begin(): void {
    throw new Called();
  },
};

/** What `name` says to `input`: an error's text, or "called". */
function answer(name: string, input: JsonObject): string {
  try {
    commands.get(name)?.call(input, context);
  } catch (error) {
    if (error instanceof Called) return "called";
    expect(error).toBeInstanceOf(QmpError);
    expect(error).toHaveProperty("errorClass", "GenericError");
    return String((error as Error).message);
  }
  throw new Error(`${name} neither called nor refused`);
}

const file = "/tmp/x";

const ROWS: [command: string, input: JsonObject, answer: string][] = [
  ["query-version", {}, "called"],
  ["query-version", { a: 1 }, "Parameter 'a' is unexpected"],
  ["qmp_capabilities", { enable: ["oob", "async"] }, "called"],
  ["qmp_capabilities", { enable: ["nope"] }, "Parameter 'null' does not accept value 'nope'"],
  ["qmp_capabilities", { enable: [1] }, "Invalid parameter type for 'enable[0]', expected: string"],
  ["qmp_capabilities", { enable: 1 }, "Invalid parameter type for 'enable', expected: array"],
  ["qmp_capabilities", { enable: null }, "Invalid parameter type for 'enable', expected: array"],
  ["screendump", {}, "Parameter 'filename' is missing"],
  ["screendump", { filename: 1 }, "Invalid parameter type for 'filename', expected: string"],
  ["screendump", { bogus: 1 }, "Parameter 'filename' is missing"],
  ["screendump", { bogus: 1, filename: true }, "Invalid parameter type for 'filename', expected: string"],
  ["screendump", { bogus: 1, filename: file }, "Parameter 'bogus' is unexpected"],
  ["screendump", { filename: file, device: null }, "Invalid parameter type for 'device', expected: string"],
  ["screendump", { filename: file, head: "0" }, "Invalid parameter type for 'head', expected: integer"],
  [
    "screendump",
    { filename: file, head: new JsonDouble(1000) },
    "Invalid parameter type for 'head', expected: integer",
  ],
  [
    "screendump",
    { filename: file, head: 2n ** 64n - 1n },
    "Invalid parameter type for 'head', expected: integer",
  ],
  ["screendump", { filename: file, head: 2n ** 63n - 1n }, "called"],
  ["screendump", { filename: file, format: "gif" }, "Parameter 'format' does not accept value 'gif'"],
  ["screendump", { filename: file, format: 7 }, "Invalid parameter type for 'format', expected: string"],
  ["set_link", { name: "x", up: 1 }, "Invalid parameter type for 'up', expected: boolean"],
  ["qom-set", { path: "/x", property: "y" }, "Parameter 'value' is missing"],
  ["qom-set", { path: "/x", property: "y", value: null }, "called"],
  ["qtest-timeout", { duration: "1" }, "Invalid parameter type for 'duration', expected: number"],
  ["blockdev-add", {}, "Parameter 'driver' is missing"],
  ["blockdev-add", { "node-name": 1 }, "Parameter 'driver' is missing"],
  ["blockdev-add", { driver: "nope" }, "Parameter 'driver' does not accept value 'nope'"],
  ["blockdev-add", { driver: 1 }, "Invalid parameter type for 'driver', expected: string"],
  ["blockdev-add", { driver: "null-co", zz: 1 }, "Parameter 'zz' is unexpected"],
  ["blockdev-add", { driver: "raw", file: 1 }, "Invalid parameter type for 'file', expected: BlockdevRef"],
  ["blockdev-add", { driver: "raw" }, "Parameter 'file' is missing"],
  ["blockdev-add", { driver: "raw", file: {} }, "Parameter 'file.driver' is missing"],
  ["blockdev-add", { driver: "raw", file: { driver: "file" } }, "Parameter 'file.filename' is missing"],
  [
    "blockdev-add",
    { driver: "raw", file: { driver: "file", filename: 1 } },
    "Invalid parameter type for 'file.filename', expected: string",
  ],
  [
    "blockdev-add",
    { driver: "raw", file: { driver: "file", filename: file, x: 1 } },
    "Parameter 'file.x' is unexpected",
  ],
  [
    "blockdev-add",
    { driver: "raw", file: { driver: "xx" } },
    "Parameter 'driver' does not accept value 'xx'",
  ],
  [
    "blockdev-add",
    { driver: "blkdebug", image: { driver: "raw", file: { driver: "file", filename: 3 } } },
    "Invalid parameter type for 'image.file.filename', expected: string",
  ],
  [
    "blockdev-add",
    { driver: "raw", file: { driver: "raw", file: 3 } },
    "Invalid parameter type for 'file', expected: BlockdevRef",
  ],
  ["blockdev-add", { driver: "raw", file: "node" }, "called"],
];

/** `type` as the member `x` of something. */
function memberAnswer<T>(type: Unmarshal<T>, input: Input): T | string {
  try {
    return type(input, "a", "x");
  } catch (error) {
    expect(error).toBeInstanceOf(QmpError);
    return String((error as Error).message);
  }
}

describe("arguments", () => {
  for (const [command, input, expected] of ROWS) {
    const shown = JSON.stringify(input, (_, value) => (typeof value === "bigint" ? `${value}` : value));
    it(`N3: ${command} ${shown}: ${expected}`, () => {
      expect(answer(command, input)).toBe(expected);
    });
  }

  it("may have any name: __proto__ and constructor are unexpected like others", () => {
    expect(answer("stop", JSON.parse('{"__proto__": 1}'))).toBe("Parameter '__proto__' is unexpected");
    expect(answer("stop", { constructor: 1 } as unknown as JsonObject)).toBe(
      "Parameter 'constructor' is unexpected",
    );
    expect(answer("stop", Object.create(null))).toBe("called");
  });

  it("become the schema's type: its members alone, in its order", () => {
    const options = unmarshalBlockdevOptions({ size: 5, driver: "null-co", "node-name": "n" }, "", "");
    expect(JSON.stringify(options)).toBe('{"driver":"null-co","node-name":"n","size":5}');
  });
});

describe("built-in types", () => {
  const big = 2n ** 63n;
  const integers: [Unmarshal<number | bigint>, Input, number | bigint | string][] = [
    [asInt64, -5, -5],
    [asInt64, -big, -big],
    [asInt64, big, "Invalid parameter type for 'a.x', expected: integer"],
    [asInt64, undefined, "Parameter 'a.x' is missing"],
    [asUint64, big, big],
    [asUint64, -1, 2n ** 64n - 1n],
    [asUint64, new JsonDouble(1e20), "Parameter 'a.x' expects uint64"],
    [asUint64, "1", "Parameter 'a.x' expects uint64"],
    [asUint64, undefined, "Parameter 'a.x' is missing"],
    [asInt8, 127, 127],
    [asInt8, 128, "Parameter 'x' expects int8_t"],
    [asInt8, -128, -128],
    [asInt8, "1", "Invalid parameter type for 'a.x', expected: integer"],
    [asInt32, 2 ** 31, "Parameter 'x' expects int32_t"],
    [asUint8, 255, 255],
    [asUint8, 300, "Parameter 'x' expects uint8_t"],
    [asUint8, -1, "Parameter 'x' expects uint8_t"],
    [asUint8, "x", "Parameter 'a.x' expects uint64"],
    [asNumber, new JsonDouble(0.5), 0.5],
    [asNumber, 3, 3],
    [asNumber, true, "Invalid parameter type for 'a.x', expected: number"],
  ];
  for (const [type, input, expected] of integers) {
    const shown = input instanceof JsonDouble ? `${input.value} (double)` : String(input);
    it(`answer ${String(expected)} to ${shown}`, () => {
      expect(memberAnswer<number | bigint>(type, input)).toBe(expected);
    });
  }

  it("name an element's index in a path, and an element without its path 'null'", () => {
    const bytes: Unmarshal<number[]> = (input, at, name) => asArray(input, at, name, asUint8);
    expect(memberAnswer(bytes, [1, "x"])).toBe("Parameter 'a.x[1]' expects uint64");
    expect(memberAnswer(bytes, [1, 300])).toBe("Parameter 'null' expects uint8_t");
    expect(memberAnswer(asNull, 0)).toBe("Invalid parameter type for 'a.x', expected: null");
  });
});

describe("results", () => {
  function returning(name: "query-status" | "query-version", result: JsonValue): JsonValue {
    const handlers = { [name]: () => result } as unknown as CommandHandlers<object, object>;
    const command = marshalCommands(handlers, { QTEST: false }).find((each) => each.name === name);
    if (command?.kind !== "plain") throw new Error(`${name} is not plain`);
    return command.call({}, {});
  }

  it("C2: the returning half puts a result in the schema's order", () => {
    const result = returning("query-status", { status: "paused", singlestep: false, running: false });
    expect(JSON.stringify(result)).toBe('{"running":false,"singlestep":false,"status":"paused"}');
  });

  it("C2: a result against the schema is a defect of ours, and no error of the client", () => {
    expect(() => returning("query-status", { status: "asleep", singlestep: false, running: false })).toThrow(
      "result of query-status is not of its type: Parameter 'status' does not accept value 'asleep'",
    );
    expect(() => returning("query-version", { qemu: { major: 7, minor: 0.5 } })).toThrow(
      "result of query-version is not of its type: Invalid parameter type for 'qemu.minor', expected: integer",
    );
    try {
      returning("query-version", {});
    } catch (error) {
      expect(error).not.toBeInstanceOf(QmpError);
    }
  });
});
