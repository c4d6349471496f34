/**
 * The committed code in `src/qapi/generated/` is what the schema says.
 */

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { compile, loadSchema } from "../../src/qapi/compiler/compile.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = resolve(root, "src/qapi/generated");
const readSchema = (path: string): string => readFileSync(resolve(root, path), "utf8");

describe("the generated code", () => {
  it("is what the schema says", () => {
    const committed = Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(resolve(folder, name), "utf8")]),
    );
    expect(committed).toEqual(Object.fromEntries(compile("schema/qapi-schema.json", readSchema)));
  });

  it("L7: makes each command of one kind, and says which may be run out of band", () => {
    const { commands } = loadSchema("schema/qapi-schema.json", readSchema);
    const namesOf = (flag: "async" | "coroutine" | "allowOob"): string[] =>
      commands.filter(({ flags }) => flags[flag]).map(({ name }) => name);
    expect(namesOf("async")).toEqual([
      "human-monitor-command",
      "screendump",
      "screendump-data",
      "qtest-timeout",
    ]);
    expect(namesOf("coroutine")).toEqual([
      "stop",
      "cont",
      "x-exit-preconfig",
      "system_reset",
      "system_powerdown",
      "qom-list",
      "qom-get",
      "qom-set",
      "qom-list-types",
      "device_del",
      "blockdev-add",
      "blockdev-del",
    ]);
    expect(namesOf("allowOob")).toEqual(["migrate-pause", "query-sessions", "cancel-command"]);
  });
});
