import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

/** Project's root; this file is one below it. */
const ROOT = resolve(import.meta.dirname, "..");

/** From ARCHITECTURE.md: folder → folders that it may import, as written there. */
function importTable(): Map<string, Set<string>> {
  const text = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
  const rows = text.matchAll(/^\| `([^`]+)` \| [^|]+ \| ([^|]+) \|$/gm);
  return new Map(
    Array.from(rows, ([, folder = "", imports = ""]) => [
      folder,
      new Set(imports.split(",").map((name) => name.trim())),
    ]),
  );
}

const table = importTable();

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

/** Specifiers of every import and re-export, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return Array.from(
    text.matchAll(/^(?:import|export)\s[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"/gm),
    (match) => String(match[1] ?? match[2]),
  );
}

/** The row of the table that a file belongs to. */
function folderOf(file: string): string {
  return [...table.keys()].find((folder) => file.startsWith(`${folder}/`)) ?? file;
}

const files = ["src", "workers"].flatMap(filesBelow);

describe("the import table of ARCHITECTURE.md", () => {
  it("has a row for every folder with source", () => {
    expect(table.size).toBeGreaterThan(10);
    expect(files.filter((file) => !table.has(folderOf(file)))).toEqual([]);
  });

  it("is kept by every import", () => {
    const offences: string[] = [];
    for (const file of files) {
      const own = folderOf(file);
      const allowed = table.get(own) ?? new Set();
      for (const specifier of importsOf(file)) {
        if (specifier.startsWith("node:")) {
          if (!allowed.has("node")) offences.push(`${file}: ${specifier}`);
        } else if (specifier.startsWith(".")) {
          const target = folderOf(relative(ROOT, resolve(ROOT, dirname(file), specifier)));
          if (target !== own && !allowed.has(target.replace(/^src\//, "")))
            offences.push(`${file}: ${specifier}`);
        }
      }
    }
    expect(offences).toEqual([]);
  });

  it("has rxjs in monitor and client alone, piscina and comlink at the thread boundary alone", () => {
    const users = (name: string): Set<string> =>
      new Set(
        files.filter((file) => importsOf(file).some((specifier) => specifier.startsWith(name))).map(folderOf),
      );
    expect([...users("rxjs")].sort()).toEqual(["src/client", "src/monitor"]);
    expect([...users("piscina")].sort()).toEqual(["src/offload"]);
    expect([...users("comlink")].sort()).toEqual(["src/offload", "workers"]);
  });

  it("has plugins loaded by services that have some, and by threads that run a task of theirs", () => {
    const loads = files.filter(
      (file) =>
        folderOf(file) !== "src/plugin" &&
        /^(?:import|export) (?!type )[^;]*?from "[^"]*\/plugin\//m.test(
          readFileSync(join(ROOT, file), "utf8"),
        ),
    );
    expect(loads).toEqual([]);
  });

  it("holds for code that may lie in a chunk: other files are sought from two folders deep, by way of the root", () => {
    const seekers = files.filter((file) =>
      readFileSync(join(ROOT, file), "utf8").includes("import.meta.url"),
    );
    expect(seekers.length).toBeGreaterThan(3);
    for (const file of seekers) {
      expect(file.split("/"), file).toHaveLength(3);
      const text = readFileSync(join(ROOT, file), "utf8");
      for (const [, target = ""] of text.matchAll(/new URL\("([^"]+)", import\.meta\.url\)/g)) {
        expect(target, file).toMatch(/^\.\.\//);
      }
    }
    const entries = readdirSync(join(ROOT, "dist/workers")).filter((name) => name.endsWith(".js"));
    expect(entries).toContain("pc.js");
    for (const name of entries) {
      expect(readFileSync(join(ROOT, "dist/workers", name), "utf8"), name).not.toContain("import.meta.url");
    }
  });

  it("holds for a source without import cycles", () => {
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      expect(path, "an import cycle").not.toContain(file);
      if (done.has(file)) return;
      for (const specifier of importsOf(file)) {
        if (specifier.startsWith(".")) visit(join(dirname(file), specifier), [...path, file]);
      }
      done.add(file);
    };
    for (const file of files) if (!file.endsWith(".d.ts")) visit(file, []);
  });
});
