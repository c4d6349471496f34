import { describe, expect, it } from "vitest";
import { complete } from "../../src/shell/completion.ts";
import { OWN_SCHEMA, SHAPES } from "./schema.ts";

describe("completion", () => {
  it.each([
    ["query-st", ["query-status "], "query-st"],
    ["he", ["help "], "he"],
    ["help query-st", ["query-status"], "query-st"],
    ["screendump f", ["filename=", "format="], "f"],
    ["screendump filename=/x ", ["device=", "head=", "format="], ""],
    ["screendump format=p", ["format=ppm ", "format=png "], "format=p"],
    ["screendump filename=/t", [], "filename=/t"],
    ['screendump filename="/t', [], 'screendump filename="/t'],
    ["blockdev-add dr", ["driver="], "dr"],
    ["blockdev-add driver=n", ["driver=null-co "], "driver=n"],
    ["blockdev-add driver=raw f", ["file=", "file."], "f"],
    ["blockdev-add driver=raw file.dr", ["file.driver="], "file.dr"],
    ["blockdev-add driver=raw file.driver=file file.f", ["file.filename="], "file.f"],
    ["blockdev-add file.f", [], "file.f"],
    ["set_link name=x up=", ["up=true ", "up=false "], "up="],
    ["nope a", [], "a"],
    ['{"execute": "query-st', [], '{"execute": "query-st'],
  ])("of '%s'", (line, candidates, replaced) => {
    expect(complete(line, OWN_SCHEMA)).toEqual([candidates, replaced]);
  });

  it("goes through alternates, and offers nothing before the schema is known", () => {
    expect(complete("shape backing.d", SHAPES)).toEqual([["backing.driver="], "backing.d"]);
    expect(complete("query-st", undefined)).toEqual([[], "query-st"]);
  });
});
