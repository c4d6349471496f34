/**
 * Golden pairs: `x.json` with the message that it is refused with (`x.err`), or the TypeScript that it
 * makes (`x.out`).  `vitest -u` writes them anew; a change is to be read like any other.
 */

import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readSchemaFile } from "../../../src/cli/schema-files.ts";
import { compile } from "../../../src/qapi/compiler/compile.ts";
import { QapiSchemaError } from "../../../src/qapi/compiler/source.ts";

const folder = resolve(import.meta.dirname, "../golden");
const names = readdirSync(folder);
const cases = names.filter((name) => name.endsWith(".json") && !name.endsWith("-sub.json"));

function readGolden(path: string): string {
  return readSchemaFile(resolve(folder, path));
}

function outcome(file: string): { readonly text: string; readonly kind: "out" | "err" } {
  try {
    const files = [...compile(file, readGolden)].map(([name, text]) => `// ---- ${name}\n${text}`);
    return { text: files.join("\n"), kind: "out" };
  } catch (error) {
    if (!(error instanceof QapiSchemaError)) throw error;
    return { text: `${error.message}\n`, kind: "err" };
  }
}

describe("golden schemas", () => {
  it("are all there", () => {
    expect(cases.length).toBeGreaterThanOrEqual(165);
  });

  for (const file of cases) {
    const { text, kind } = outcome(file);
    const golden = file.replace(/json$/, kind);
    it(`answers ${file} with ${golden}`, async () => {
      await expect(text).toMatchFileSnapshot(resolve(folder, golden));
      const other = file.replace(/json$/, kind === "out" ? "err" : "out");
      expect(names).not.toContain(other);
    });
  }
});
