/**
 * Generated from examples/hash-file/hash-file.json by `qmpd schema compile`: change the schema, not this file.
 */

import type { JsonObject } from "qmpd/qapi";

/** All that a client can send and get, and the types that these lead to. */
export function schemaInfo(): JsonObject[] {
  const entries: JsonObject[] = [];
  entries.push(
    { name: "hash-file", "meta-type": "command", "arg-type": "0", "ret-type": "1", async: true },
    { name: "FILE_HASHED", "meta-type": "event", "arg-type": "2" },
    {
      name: "0",
      "meta-type": "object",
      members: [{ name: "filename", type: "str" }, { name: "algorithm", type: "3", default: null }],
    },
    {
      name: "1",
      "meta-type": "object",
      members: [
        { name: "algorithm", type: "3" },
        { name: "digest", type: "str" },
        { name: "size", type: "int" },
      ],
    },
    {
      name: "2",
      "meta-type": "object",
      members: [{ name: "filename", type: "str" }, { name: "hash", type: "1" }],
    },
    { name: "str", "meta-type": "builtin", "json-type": "string" },
    {
      name: "3",
      "meta-type": "enum",
      members: [{ name: "sha1" }, { name: "sha256" }, { name: "sha512" }],
      values: ["sha1", "sha256", "sha512"],
    },
    { name: "int", "meta-type": "builtin", "json-type": "int" },
  );
  return entries;
}
