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
    ["send-key keys.0.", ["keys.0.type="], "keys.0."],
    ["send-key keys.0.type=q", ["keys.0.type=qcode "], "keys.0.type=q"],
    [
      "send-key keys.0.type=qcode keys.0.data=sh",
      ["keys.0.data=shift ", "keys.0.data=shift_r "],
      "keys.0.data=sh",
    ],
    ["send-key keys.x.t", [], "keys.x.t"],
    ["nope a", [], "a"],
    ['{"execute": "query-st', [], '{"execute": "query-st'],
  ])("of '%s'", (line, candidates, replaced) => {
    expect(complete(line, OWN_SCHEMA)).toEqual([candidates, replaced]);
  });

  it("of a list completes the element after the last comma, and leaves it open for another", () => {
    expect(complete("shape colors=r", SHAPES)).toEqual([["colors=red"], "colors=r"]);
    expect(complete("shape colors=red,g", SHAPES)).toEqual([["colors=red,green"], "colors=red,g"]);
    expect(complete("shape colors.0=g", SHAPES)).toEqual([["colors.0=green "], "colors.0=g"]);
  });

  it("goes through alternates, and offers nothing before the schema is known", () => {
    expect(complete("shape backing.d", SHAPES)).toEqual([["backing.driver="], "backing.d"]);
    expect(complete("query-st", undefined)).toEqual([[], "query-st"]);
  });
});
