/** nasm, which makes the demo guest's image.  Where it is not installed, the caller skips with a visible notice. */

import { spawnSync } from "node:child_process";

/** Why nasm cannot be used here, or `undefined`.  Throws when it has to be there: QMPD_REQUIRE_NASM=1. */
export function nasmMissing(): string | undefined {
  const { error, status } = spawnSync("nasm", ["--version"], { stdio: "ignore" });
  if (error === undefined && status === 0) return undefined;
  const notice = "nasm is not installed";
  if (process.env.QMPD_REQUIRE_NASM === "1") throw new Error(`${notice}, and QMPD_REQUIRE_NASM is set`);
  console.warn(`skipped: ${notice}`);
  return notice;
}
