/**
 * Recorded data that lies beside the project, not in it: `../shared`, or where `QMPD_SHARED` points.
 * A test that needs a file which is missing is skipped with a notice; where `CI` is set it fails.
 */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it, type TestFunction } from "vitest";

const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const sharedRoot = resolve(projectRoot, process.env.QMPD_SHARED || "../shared");

/** The absolute path of a shared file or folder, or undefined when it is missing.  Throws when missing in CI. */
export function sharedFile(relative: string): string | undefined {
  const path = resolve(sharedRoot, relative);
  if (existsSync(path)) return path;
  if (process.env.CI) throw new Error(`${path} is missing; set QMPD_SHARED to the folder that holds it`);
  return undefined;
}

/** `describe` with the path of a shared file; without the file, one skipped suite whose title says why. */
export function describeWithShared(title: string, relative: string, body: (path: string) => void): void {
  const path = sharedFile(relative);
  if (path === undefined)
    describe.skip(`${title} (skipped: no ${relative} in ${sharedRoot})`, () => it("needs it", () => {}));
  else describe(title, () => body(path));
}

/** `it` with the path of a shared file; without the file, a skipped test whose title says why. */
export function itWithShared(
  title: string,
  relative: string,
  body: (path: string) => void | Promise<void>,
): void {
  const path = sharedFile(relative);
  const test: TestFunction = () => (path === undefined ? undefined : body(path));
  if (path === undefined) it.skip(`${title} (skipped: no ${relative} in ${sharedRoot})`, test);
  else it(title, test);
}
