import { describe, expect, it } from "vitest";
import { JsonDouble, JsonText, type JsonValue } from "../../src/qjson/value.ts";
import { QmpError } from "../../src/qmp/errors.ts";
import {
  encodeError,
  encodeReturn,
  encodeReturnChunks,
  idKey,
  parseRequest,
  requestId,
} from "../../src/qmp/messages.ts";

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
