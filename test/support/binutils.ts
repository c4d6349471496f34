/** readelf, which tells whether a core is one to others than this project's own tests. */

import { spawnSync } from "node:child_process";

/** Why readelf cannot be used here, or `undefined`.  Throws when it has to be there. */
export function readelfMissing(): string | undefined {
  const { error, status } = spawnSync("readelf", ["--version"], { stdio: "ignore" });
  if (error === undefined && status === 0) return undefined;
  const notice = "readelf is not installed";
  if (process.env.QMPD_REQUIRE_READELF === "1") throw new Error(`${notice}, and QMPD_REQUIRE_READELF is set`);
  console.warn(`skipped: ${notice}`);
  return notice;
}

/** What it says of a file.  Throws when it warns of anything. */
export function readelf(...args: readonly string[]): string {
  const { stdout, stderr } = spawnSync("readelf", args, { encoding: "utf8" });
  if (stderr !== "") throw new Error(stderr);
  return stdout;
}
