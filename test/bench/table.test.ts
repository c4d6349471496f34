import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { GeneratorReport } from "../../bench/load.ts";
import { ratioVerdict, verdictOf } from "../../bench/question.ts";
import { checkTableFile, formatAnswer, markdownTable, outcomeOf, writeTable } from "../../bench/table.ts";

const report = (commands: number, generatorCpuShare = 0.5): GeneratorReport => ({
  commands,
  elapsedMs: 1000,
  p50Us: 100,
  p99Us: 200,
  p999Us: 300,
  serverCpuUs: commands * 10,
  generatorCpuShare,
});

const RATIO = { subject: "work", figure: "rate", against: "qemu", limit: { least: 10 } } as const;

describe("a verdict", () => {
  it("is the median of the rounds' ratios, with their spread", () => {
    const ours = [report(100), report(120), report(90)];
    const theirs = [report(10), report(10), report(10, 0.6)];
    const verdict = ratioVerdict({ ...RATIO, ours, theirs });
    expect(verdict).toEqual({
      subject: "work",
      figure: "10.00x",
      spread: "9.00x to 12.00x",
      target: "rate to QEMU's at least 10.00x",
      met: true,
      isRatio: true,
      generatorCpuShare: 0.6,
    });
    expect(outcomeOf(verdict)).toBe("met");
  });

  it("is missed below what is asked, and above what is allowed", () => {
    const missed = ratioVerdict({ ...RATIO, ours: [report(99)], theirs: [report(10)] });
    expect(outcomeOf(missed)).toBe("MISSED");
    const text = (value: number): string => `${value} ms`;
    expect(verdictOf({ subject: "work", values: [11], text, limit: { most: 10 } }).met).toBe(false);
    expect(verdictOf({ subject: "work", values: [10], text, limit: { most: 10 } }).met).toBe(true);
  });

  it("is not met where nothing was answered in a round, by us or by the opponent", () => {
    const some = [report(100), report(100)];
    const none = [report(100), report(0)];
    for (const [ours, theirs] of [[some, none] as const, [none, some] as const, [none, none] as const]) {
      const verdict = ratioVerdict({ ...RATIO, limit: { most: 5 }, figure: "CPU a command", ours, theirs });
      expect(verdict).toMatchObject({ figure: "nothing was answered in a round", met: false });
    }
    expect(ratioVerdict({ ...RATIO, ours: some, theirs: none }).met).toBe(false);
  });

  it("of a ratio is invalid where the generator set the pace, in one round of one server", () => {
    const verdict = ratioVerdict({ ...RATIO, ours: [report(500)], theirs: [report(10, 0.86)] });
    expect(outcomeOf(verdict)).toBe("INVALID");
  });

  it("of a floor or ceiling is met although the generator set the pace, and invalid only where it is missed", () => {
    const text = (value: number): string => `${value}/s`;
    const of = (value: number) =>
      verdictOf({
        subject: "work",
        values: [value],
        text,
        limit: { least: 5000 },
        reports: [report(1, 0.86)],
      });
    expect(outcomeOf(of(5000))).toBe("met");
    expect(outcomeOf(of(4999))).toBe("INVALID");
    expect(markdownTable("", [of(5000)])).toContain("| 86 % | met |");
    const question = { name: "accept", asks: "How fast?", ask: () => Promise.reject(new Error("not asked")) };
    expect(formatAnswer(question, { rows: [], verdicts: [of(5000)] })).toContain(
      "met      work: 5000/s; target: at least 5000/s; the generator took 86 % of a core\n",
    );
  });
});

describe("the table of a file", () => {
  it("replaces what stands between the marks alone", () => {
    const folder = mkdtempSync(join(tmpdir(), "qmpd-table-"));
    const file = join(folder, "README.md");
    try {
      writeFileSync(file, "before\n<!-- table: begin -->\nold\n<!-- table: end -->\nafter\n");
      const verdict = ratioVerdict({ ...RATIO, ours: [report(200)], theirs: [report(10)] });
      for (const caption of ["first", "One run."]) writeTable(file, caption, [verdict]);
      expect(readFileSync(file, "utf8")).toBe(
        [
          "before",
          "<!-- table: begin -->",
          "",
          "One run.",
          "",
          "| work | target | median | spread | generator | outcome |",
          "| --- | --- | --- | --- | --- | --- |",
          "| work | rate to QEMU's at least 10.00x | 20.00x |  | 50 % | met |",
          "",
          "<!-- table: end -->",
          "after",
          "",
        ].join("\n"),
      );
      writeFileSync(file, "no marks");
      expect(() => checkTableFile(file)).toThrow("has no <!-- table: begin -->");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("has a place in bench/README.md", () => {
    expect(() => checkTableFile("bench/README.md")).not.toThrow();
  });
});
