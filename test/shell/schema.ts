/** Schemas for the shell's tests: this project's own, and a small one with the shapes that it does not have. */

import { schemaInfo } from "../../src/qapi/generated/introspection.ts";
import type { JsonValue } from "../../src/qjson/value.ts";
import { Introspection } from "../../src/shell/introspection.ts";

export const OWN_SCHEMA = new Introspection(
  JSON.parse(JSON.stringify(schemaInfo({ QTEST: true }))) as JsonValue,
);

const shapes: JsonValue = [
  { name: "shape", "meta-type": "command", "arg-type": "1", "ret-type": "2" },
  { name: "device_add", "meta-type": "command", "arg-type": "4", "ret-type": "2" },
  {
    name: "1",
    "meta-type": "object",
    members: [
      { name: "count", type: "int", default: null },
      { name: "size", type: "number", default: null },
      { name: "flag", type: "bool", default: null },
      { name: "name", type: "str", default: null },
      { name: "nothing", type: "null", default: null },
      { name: "any", type: "any", default: null },
      { name: "numbers", type: "[int]", default: null },
      { name: "backing", type: "3", default: null },
      { name: "inner", type: "4", default: null },
      { name: "list", type: "[4]", default: null },
      { name: "color", type: "5", default: null, features: ["deprecated"] },
      { name: "colors", type: "[5]", default: null },
    ],
  },
  { name: "2", "meta-type": "object", members: [] },
  { name: "3", "meta-type": "alternate", members: [{ type: "str" }, { type: "null" }, { type: "4" }] },
  { name: "4", "meta-type": "object", members: [{ name: "driver", type: "str" }] },
  { name: "5", "meta-type": "enum", values: ["red", "green"] },
  { name: "[int]", "meta-type": "array", "element-type": "int" },
  { name: "[5]", "meta-type": "array", "element-type": "5" },
  { name: "[4]", "meta-type": "array", "element-type": "4" },
  { name: "int", "meta-type": "builtin", "json-type": "int" },
  { name: "number", "meta-type": "builtin", "json-type": "number" },
  { name: "bool", "meta-type": "builtin", "json-type": "boolean" },
  { name: "str", "meta-type": "builtin", "json-type": "string" },
  { name: "null", "meta-type": "builtin", "json-type": "null" },
  { name: "any", "meta-type": "builtin", "json-type": "value" },
];

export const SHAPES = new Introspection(shapes);
