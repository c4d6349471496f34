/**
 * The committed code in `src/qapi/generated/` is what the schema says.
 */

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { compile, loadSchema } from "../../src/qapi/compiler/compile.ts";
import type { AlternateType, Command, Event, ObjectType } from "../../src/qapi/compiler/model.ts";
import { fencedBlocks } from "../docs/documents.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = resolve(root, "src/qapi/generated");
const readSchema = (path: string): string => readFileSync(resolve(root, path), "utf8");

/** Members that a definition writes out itself; an alternate's branches. */
function membersOf(definition: ObjectType | AlternateType | Command | Event): readonly { name: string }[] {
  if (definition.meta === "alternate") return definition.branches;
  const object = "arg" in definition ? definition.arg : definition;
  if (object === undefined || ("arg" in definition && object.implicit !== "arg")) return [];
  return object.base?.implicit === "base" ? object.members : object.localMembers;
}

describe("the generated code", () => {
  it("is what the schema says", () => {
    const committed = Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(resolve(folder, name), "utf8")]),
    );
    expect(committed).toEqual(Object.fromEntries(compile("schema/qapi-schema.json", readSchema)));
  });

  it("describes every type, member and value, in the schema and so in the code", () => {
    const { types, commands, events } = loadSchema("schema/qapi-schema.json", readSchema);
    const undescribed = [...types, ...commands, ...events].flatMap((definition) => {
      const { name, doc } = definition;
      const parts = "values" in definition ? definition.values : membersOf(definition);
      const missing = parts.filter((part) => !doc?.members.get(part.name)?.text.trim());
      return [...(doc?.body.text.trim() ? [] : [name]), ...missing.map((part) => `${name}.${part.name}`)];
    });
    expect(undescribed).toEqual([]);
  });

  it("L7: makes each command of one kind, and says which may be run out of band", () => {
    const { commands } = loadSchema("schema/qapi-schema.json", readSchema);
    const namesOf = (flag: "async" | "coroutine" | "allowOob"): string[] =>
      commands.filter(({ flags }) => flags[flag]).map(({ name }) => name);
    expect(namesOf("async")).toEqual([
      "human-monitor-command",
      "memsave",
      "pmemsave",
      "screendump",
      "screendump-data",
      "send-key",
      "dump-guest-memory",
      "qtest-timeout",
    ]);
    expect(namesOf("coroutine")).toEqual([
      "stop",
      "cont",
      "x-exit-preconfig",
      "query-cpus-fast",
      "system_reset",
      "system_powerdown",
      "query-memory-size-summary",
      "inject-nmi",
      "qom-list",
      "qom-get",
      "qom-set",
      "qom-list-types",
      "device_del",
      "query-mice",
      "input-send-event",
      "blockdev-add",
      "blockdev-del",
      "query-block",
      "eject",
      "blockdev-open-tray",
      "blockdev-close-tray",
      "blockdev-remove-medium",
      "blockdev-insert-medium",
      "blockdev-change-medium",
      "query-snapshots",
    ]);
    expect(namesOf("allowOob")).toEqual(["migrate-pause", "query-sessions", "cancel-command"]);
  });
});

describe("docs/generated-code.md", () => {
  it("shows code that is there", () => {
    const code = readdirSync(folder).map((name) => readFileSync(resolve(folder, name), "utf8"));
    const shown = fencedBlocks(resolve(root, "docs/generated-code.md"), "ts");
    expect(shown).toHaveLength(2);
    for (const { lines } of shown) {
      expect(
        code.some((text) => text.includes(`${lines.join("\n")}\n`)),
        lines[0],
      ).toBe(true);
    }
  });
});

describe("the code for tests", () => {
  // `vitest -u` writes it anew; a change is to be read like any other.
  it("is what its schema says", async () => {
    const fixture = resolve(import.meta.dirname, "fixture");
    const files = compile("parts.json", (path) => readFileSync(resolve(fixture, path), "utf8"), {
      runtime: { folder: "../../../../src/qapi/runtime" },
      extension: ".ts",
      madeBy: "vitest -u",
    });
    for (const [name, text] of files) {
      await expect(text).toMatchFileSnapshot(resolve(fixture, "generated", name));
    }
    expect(readdirSync(resolve(fixture, "generated")).sort()).toEqual([...files.keys()].sort());
  });
});

describe("where the code is to stand", () => {
  it("tells how it imports the runtime, and each other", () => {
    const schema = "{ 'event': 'GONE', 'data': { 'count': 'int' } }";
    const files = compile("user.json", () => schema, {
      runtime: { package: "qmpd/runtime" },
      extension: ".js",
      madeBy: "qmpd schema compile",
    });
    const imports = [...files.values()].flatMap((text) =>
      [...text.matchAll(/from "(.*)"/g)].map(([, path]) => path),
    );
    expect([...new Set(imports)].sort()).toEqual(["./user.js", "qmpd/runtime"]);
    expect(files.get("user.ts")).toContain("Generated from user.json by `qmpd schema compile`");
  });
});
