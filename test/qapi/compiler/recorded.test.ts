/**
 * QEMU's own schema tests, with the verdicts of its compiler: every schema is accepted or refused as
 * there, and a refused one with the same message, word for word.
 */

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { expect, it } from "vitest";
import { loadSchema } from "../../../src/qapi/compiler/compile.ts";
import { QapiSchemaError } from "../../../src/qapi/compiler/source.ts";
import { describeWithShared } from "../../support/shared.ts";

interface RecordedCase {
  readonly case: string;
  readonly ok: boolean;
  readonly err?: string;
}

describeWithShared("recorded verdicts of QEMU's schema compiler", "qapi-cases/cases.json", (path) => {
  const folder = dirname(path);
  const cases: RecordedCase[] = JSON.parse(readFileSync(path, "utf8"));

  function readCase(name: string): string {
    try {
      return readFileSync(resolve(folder, name), "utf8");
    } catch {
      throw new Error("No such file or directory");
    }
  }

  function verdict(file: string): string {
    try {
      loadSchema(file, readCase);
      return "";
    } catch (error) {
      if (!(error instanceof QapiSchemaError)) throw error;
      return `${error.message}\n`;
    }
  }

  it("has the cases", () => {
    expect(cases.length).toBeGreaterThanOrEqual(127);
  });

  for (const recorded of cases) {
    it(`${recorded.ok ? "accepts" : "refuses"} ${recorded.case}`, () => {
      expect(verdict(recorded.case)).toBe(recorded.ok ? "" : recorded.err);
    });
  }
});
