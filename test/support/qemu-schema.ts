/**
 * QEMU's own schema, as its sources have it.  It is no part of this project: `QMPD_QEMU_SCHEMA` tells where
 * `qapi/qapi-schema.json` of QEMU 7.2 lies; without it, tests that need it are skipped with a notice.
 */

import { existsSync } from "node:fs";

/** The path of QEMU's schema, or `undefined`. */
export function qemuSchema(): string | undefined {
  const path = process.env.QMPD_QEMU_SCHEMA;
  if (path === undefined || path === "") {
    console.warn("skipped: QMPD_QEMU_SCHEMA does not tell where QEMU's qapi-schema.json is");
    return undefined;
  }
  if (!existsSync(path)) throw new Error(`QMPD_QEMU_SCHEMA is ${path}, and there is no such file`);
  return path;
}

/**
 * Conditions that do not hold in Debian 12's `qemu-system-x86_64`, of those that QEMU's schema asks for.
 * Source: the answer of that program to `query-qmp-schema`.
 */
const FALSE_IN_DEBIAN = new Set([
  ...["CONFIG_BLKIO", "CONFIG_COCOA", "CONFIG_VMNET"],
  ...["TARGET_ARM", "TARGET_LOONGARCH64", "TARGET_MIPS", "TARGET_PPC", "TARGET_S390X"],
]);

/** Answers for every condition whether it holds there. */
export const DEBIAN_CONDITIONS: Readonly<Record<string, boolean>> = new Proxy(
  {},
  { get: (_, name) => typeof name === "string" && !FALSE_IN_DEBIAN.has(name) },
);
