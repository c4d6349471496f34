/** Which version this is: of the program, and of the protocol that it follows. */

import { readFileSync } from "node:fs";

/** The program's version, as package.json has it. */
export function readVersion(): string {
  const file = new URL("../../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  return version;
}

/** The QEMU whose commands, members and error texts are followed: clients choose their ways by it. */
export const QEMU_VERSION = { major: 7, minor: 2, micro: 0 };
