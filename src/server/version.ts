/** Which version this is: of the program, and of the protocol that it follows. */

import { readFileSync } from "node:fs";
import type { VersionInfo } from "../qapi/generated/control.ts";

/** What `query-version` answers, and the greeting tells. */
export function readVersionInfo(): VersionInfo {
  return { qemu: QEMU_VERSION, package: `qmpd ${readVersion()}` };
}

/** The program's version, as package.json has it. */
export function readVersion(): string {
  const file = new URL("../../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}

/** The QEMU whose commands, members and error texts are followed: clients choose their ways by it. */
const QEMU_VERSION = { major: 7, minor: 2, micro: 0 };
