/**
 * What the documents list is what there is: rules, commands, events, limits, deviations, error codes, links.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { marshalCommands } from "../../src/qapi/generated/commands.ts";
import { schemaInfo } from "../../src/qapi/generated/introspection.ts";
import { LIMITS } from "../../src/server/config.ts";
import * as limits from "../../src/util/limits.ts";
import { fencedBlocks, readDocument, tableRows } from "./documents.ts";

const PROTOCOL = "docs/protocol.md";
const ERRORS = "docs/errors.md";
const DOCUMENTS = [
  "README.md",
  PROTOCOL,
  ERRORS,
  "docs/pc.md",
  "docs/schema.md",
  "docs/plugins.md",
  "docs/client.md",
  "docs/shell.md",
  "docs/hmp.md",
  "docs/load.md",
  "docs/pc.md",
  "examples/hash-file/README.md",
];
const LIMITS_FILE = "src/util/limits.ts";

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

/** What stands between backticks. */
function quoted(text: string): string[] {
  return Array.from(text.matchAll(/`([^`]+)`/g), ([, name = ""]) => name);
}

describe("rules", () => {
  const explained = Array.from(readDocument(PROTOCOL).matchAll(/^\*\*([WNLCRDEI]\d) /gm), ([, rule]) => rule);

  it("are explained once each, all that tests name", () => {
    const named = sourceFiles("test").flatMap((file) =>
      Array.from(
        readFileSync(file, "utf8").matchAll(/\b(?:it|describe)[^"`]*["`]((?:[WNLCRDEI]\d(?:, |: ))+)/g),
        ([, rules = ""]) => rules.match(/\w\d/g) ?? [],
      ).flat(),
    );
    expect(named.length).toBeGreaterThan(100);
    expect([...new Set(named)].filter((rule) => !explained.includes(rule))).toEqual([]);
    expect(new Set(explained).size).toBe(explained.length);
  });
});

describe("the tables of commands and events", () => {
  const conditions = { QTEST: true };
  const commands = marshalCommands({} as Parameters<typeof marshalCommands>[0], conditions);

  it.each(["plain", "coroutine", "async"])("list the %s commands", (kind) => {
    const row = tableRows(PROTOCOL, "Commands").find(([name]) => name === kind);
    const there = commands.filter((command) => command.kind === kind).map(({ name }) => name);
    expect(quoted(row?.[1] ?? "").sort()).toEqual(there.sort());
  });

  it("list the commands that can be sent out of band, and the events", () => {
    const text = readDocument(PROTOCOL);
    const [, outOfBand = ""] = /^Out of band: ([^.]*)\./m.exec(text) ?? [];
    const there = commands.filter(({ allowOob }) => allowOob).map(({ name }) => name);
    expect(quoted(outOfBand).sort()).toEqual(there.sort());
    const [, events = ""] = /^Events: ([^.]*)\./m.exec(text) ?? [];
    const entries = schemaInfo(conditions).filter((entry) => entry["meta-type"] === "event");
    expect(quoted(events).sort()).toEqual(entries.map(({ name }) => name).sort());
  });
});

describe("the table of limits", () => {
  const rows = tableRows(PROTOCOL, "Limits");
  const values: Readonly<Record<string, number | bigint>> = limits;

  it("has the values of limits.ts, in its units", () => {
    expect(rows.map(([limit, , value]) => [limit, value])).toEqual(
      rows.map(([limit = ""]) => [limit, shownValue(limit.slice(1, -1), values)]),
    );
  });

  it("has every limit that tells what a client sees of it", () => {
    const seen = Array.from(
      readFileSync(LIMITS_FILE, "utf8").matchAll(/Seen: (.*)\*\/\nexport const (\w+)/g),
      ([, what = "", name = ""]) => ({ what, name }),
    );
    const forClients = seen.filter(
      ({ what }) =>
        what.startsWith("GenericError") || /\b(waits|is not read|are not read|starts)\b/.test(what),
    );
    expect(forClients.length).toBeGreaterThan(10);
    const listed = rows.map(([limit = ""]) => limit.slice(1, -1));
    const operators = ["LISTEN_BACKLOG_CONNECTIONS"];
    expect(
      forClients.map(({ name }) => name).filter((name) => ![...listed, ...operators].includes(name)),
    ).toEqual([]);
  });

  it("names the option of each limit that has one", () => {
    const options = rows.flatMap(([limit = "", option = ""]) =>
      option === "" ? [] : [[option.slice(1, -1), values[limit.slice(1, -1)]]],
    );
    expect(Object.fromEntries(options)).toEqual(
      Object.fromEntries(Object.entries(LIMITS).map(([name, { value }]) => [name, value])),
    );
  });
});

/** A limit as people read it: the unit is the last word of its name, before MAX. */
function shownValue(name: string, values: Readonly<Record<string, number | bigint>>): string {
  const value = values[name];
  if (typeof value === "bigint") return value === 2n ** 63n - 2n ** 30n ? "2^63 - 2^30 B" : `${value} B`;
  if (value === undefined) return "no such limit";
  if (name.endsWith("_MS")) return `${value / 1000} s`;
  if (!name.includes("_BYTES")) return `${value}`;
  for (const [unit, bytes] of [
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
  ] as const) {
    if (value % bytes === 0) return `${value / bytes} ${unit}`;
  }
  return `${value} B`;
}

describe("the table of differences from QEMU", () => {
  const rows = tableRows(PROTOCOL, "Differences from QEMU 7.2");

  it.each(rows.map(([what = "", , , , test = ""]) => [what, test]))(
    "has a test that exists for: %s",
    (_, test) => {
      const [, file = "", title = ""] = /^`(test\/[^`]+)` "(.+)"$/.exec(test) ?? [];
      expect(readFileSync(file, "utf8")).toContain(title);
    },
  );

  it("has a row for every deviation that the differential tests know", () => {
    const text = readFileSync("test/differential/deviations.test.ts", "utf8");
    const rules = Array.from(text.matchAll(/["]([WNLCRDEI]\d): /g), ([, rule]) => rule);
    expect(rules.length).toBeGreaterThan(2);
    for (const rule of rules) expect(rows.some(([what]) => what?.includes(`(${rule})`))).toBe(true);
  });
});

describe("error codes", () => {
  const sources = ["src", "workers"].flatMap(sourceFiles).map((file) => readFileSync(file, "utf8"));
  const codes = sources.flatMap((text) => [
    ...Array.from(text.matchAll(/^ {2}readonly code = "(\w+)"/gm), ([, code = ""]) => code),
    ...Array.from(text.matchAll(/^ {2}\| "([A-Z]+_[A-Z_]+)"/gm), ([, code = ""]) => code),
  ]);

  it("have one heading each, and no heading is of another", () => {
    const headings = Array.from(readDocument(ERRORS).matchAll(/^## (\w+)$/gm), ([, heading]) => heading);
    expect(codes.length).toBeGreaterThan(5);
    expect(headings.sort()).toEqual([...new Set(codes)].sort());
  });

  it("are missing only from classes of errors that are listed as such", () => {
    const without = sources.flatMap((text) =>
      Array.from(
        text.matchAll(/^(?:export )?class (\w+) extends Error \{\n(?:.*\n){2}/gm),
        ([body, name = ""]) => (/readonly code\b/.test(body) ? [] : [name]),
      ).flat(),
    );
    const listed = tableRows(ERRORS, "Errors without a code").flatMap(([names = ""]) => quoted(names));
    expect(listed.sort()).toEqual(without.sort());
  });
});

describe.each(DOCUMENTS)("%s", (document) => {
  it("links to files and headings that exist", () => {
    const links = Array.from(readDocument(document).matchAll(/\]\(([^)]+)\)/g), ([, target = ""]) => target);
    for (const target of links.filter((link) => !link.startsWith("http"))) {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? document : join(dirname(document), path);
      expect(existsSync(file), target).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(file), target).toContain(anchor);
    }
  });

  it("has examples in languages that are tested, and no others", () => {
    const known = ["qmp", "console", "js", "text", "yaml", "sh", "qapi", "ts", ""];
    const total = (readDocument(document).match(/^```/gm)?.length ?? 0) / 2;
    expect(known.reduce((sum, language) => sum + fencedBlocks(document, language).length, 0)).toBe(total);
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(document: string): string[] {
  return Array.from(readDocument(document).matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
