/**
 * Makes `src/picture/wasm/pixels-module.ts` of `pixels.wat`: `node dist/test/picture/build-wasm.js`, from the
 * project's root.  The result is committed, so that neither a build nor a user needs an assembler.
 */

import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import wabt from "wabt";

export const SOURCE = "src/picture/wasm/pixels.wat";
export const TARGET = "src/picture/wasm/pixels-module.ts";

const CHARACTERS_A_LINE = 96;

/** The text of the module's TypeScript file. */
export async function buildPixelsModule(): Promise<string> {
  const assembler = await wabt();
  const source = assembler.parseWat(SOURCE, await readFile(SOURCE, "utf8"), { simd: true, threads: true });
  const base64 = Buffer.from(source.toBinary({}).buffer).toString("base64");
  const lines = base64.match(new RegExp(`.{1,${CHARACTERS_A_LINE}}`, "g")) ?? [];
  return [
    "// Made of pixels.wat by test/picture/build-wasm.ts; a test holds the two together.  Do not edit.",
    "",
    "/** A WebAssembly module, in base64. */",
    "export const PIXELS_MODULE_BASE64 = [",
    ...lines.map((line) => `  "${line}",`),
    '].join("");',
    "",
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await writeFile(TARGET, await buildPixelsModule());
}
