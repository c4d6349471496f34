import { describe, expect, it } from "vitest";
import {
  firstMembers,
  JsonDouble,
  JsonText,
  type JsonValue,
  largeMemberCount,
} from "../../src/qjson/value.ts";
import { QmpError } from "../../src/qmp/errors.ts";
import {
  encodeError,
  encodeReturn,
  encodeReturnChunks,
  idKey,
  isIdLarger,
  parseRequest,
  requestId,
} from "../../src/qmp/messages.ts";
import { JSON_LARGE_OBJECT_MEMBERS } from "../../src/util/limits.ts";
import { outcomesOf } from "../support/qjson.ts";

/** The value of a message in which `{MEMBERS}` stands for an object of `count` members. */
function withMembers(text: string, count: number): JsonValue {
  const members = Array.from({ length: count }, (_, index) => `"k${index}":1`).join();
  const [outcome] = outcomesOf(text.replace("{MEMBERS}", `{${members}}`).replace("MEMBERS", members));
  if (outcome === undefined || !("value" in outcome)) throw new Error("no value came");
  return outcome.value;
}

describe("objects with very many members", () => {
  const many = 20_000;

  it("W5: are walked no further than it takes to find what should not be there", () => {
    const { arguments: args } = parseRequest(
      withMembers('{"execute":"a","arguments":{MEMBERS}}', many),
      true,
    );
    expect(Object.keys(args)).toHaveLength(many);
    expect(largeMemberCount(args)).toBe(many);
    expect(Object.keys(firstMembers(args))).toEqual(Object.keys(args).slice(0, JSON_LARGE_OBJECT_MEMBERS));
    expect(() => parseRequest(withMembers('{"execute":"a",MEMBERS}', many), true)).toThrow(
      new QmpError("QMP input member 'k0' is unexpected"),
    );
  });

  it("W5: are known by their number when they are too large an id", () => {
    const id = (count: number) => parseRequest(withMembers('{"execute":"a","id":{MEMBERS}}', count), true).id;
    expect(isIdLarger(id(many) ?? null, many - 1)).toBe(true);
    expect(isIdLarger(id(2_000) ?? null, 64 * 1024)).toBe(false);
  });

  it("are as they are, with fewer members", () => {
    const value = withMembers("{MEMBERS}", JSON_LARGE_OBJECT_MEMBERS - 1);
    expect(firstMembers(value as never)).toBe(value);
    expect(largeMemberCount(value as never)).toBe(0);
  });
});

describe("parseRequest", () => {
  const faults: readonly [JsonValue, string][] = [
    [[], "QMP input must be a JSON object"],
    ["x", "QMP input must be a JSON object"],
    [{}, "QMP input lacks member 'execute'"],
    [{ execute: 1 }, "QMP input member 'execute' must be a string"],
    [{ execute: "a", arguments: null }, "QMP input member 'arguments' must be an object"],
    [{ execute: "a", arguments: [] }, "QMP input member 'arguments' must be an object"],
    [{ execute: "a", more: 1 }, "QMP input member 'more' is unexpected"],
    [{ execute: "a", "exec-oob": "b" }, "QMP input member 'exec-oob' clashes with 'execute'"],
    [JSON.parse('{"execute":"a","__proto__":{}}'), "QMP input member '__proto__' is unexpected"],
  ];
  it.each(faults)("N3: rejects %j with its reason", (value, desc) => {
    expect(() => parseRequest(value, true)).toThrow(new QmpError(desc));
  });

  it("N3: takes an id of any JSON value, null among them", () => {
    for (const id of [null, false, 0, "", [], {}]) {
      expect(parseRequest({ execute: "a", id }, false).id).toEqual(id);
      expect(requestId({ id })).toEqual(id);
    }
    expect(parseRequest({ execute: "a" }, false).id).toBeUndefined();
  });
});

describe("idKey", () => {
  const same: readonly [JsonValue, JsonValue, boolean][] = [
    [1, new JsonDouble(1), true],
    [1, "1", false],
    [0, -0, true],
    [0, new JsonDouble(-0), true],
    [null, "null", false],
    [true, "true", false],
    [9007199254740993n, new JsonDouble(9007199254740992), false],
    [9007199254740992n, new JsonDouble(9007199254740992), true],
    [new JsonDouble(0.5), new JsonDouble(0.25), false],
    [{ a: 1, b: [2] }, { b: [new JsonDouble(2)], a: 1 }, true],
    [{ a: 1 }, { a: 2 }, false],
    [["a,b"], ["a", "b"], false],
    [{}, [], false],
  ];
  it("L5: is equal for ids that are equal as JSON values, and for no others", () => {
    for (const [a, b, equal] of same) {
      expect(idKey(a) === idKey(b), `${idKey(a)} against ${idKey(b)}`).toBe(equal);
    }
  });
});

describe("replies", () => {
  it("W1: have QEMU's member order, separators and line end", () => {
    expect(encodeReturn({ a: [1, "é"] }, undefined)).toBe('{"return": {"a": [1, "\\u00E9"]}}\r\n');
    expect(encodeReturn({}, { x: null })).toBe('{"return": {}, "id": {"x": null}}\r\n');
    expect(encodeError(new QmpError("No", "DeviceNotFound"), 7)).toBe(
      '{"id": 7, "error": {"class": "DeviceNotFound", "desc": "No"}}\r\n',
    );
    expect(encodeError(new QmpError("No"), undefined)).toBe(
      '{"error": {"class": "GenericError", "desc": "No"}}\r\n',
    );
  });

  it("D6: keep bytes that were made elsewhere as bytes", () => {
    const part = Buffer.from("QUJD");
    const chunks = encodeReturnChunks({ width: 1, data: new JsonText([part, part]), height: 2 }, 3);
    expect(chunks).toEqual([
      '{"return": {"width": 1, "data": "',
      part,
      part,
      '", "height": 2}, "id": 3}\r\n',
    ]);
    expect(chunks[1]).toBe(part);
  });
});
