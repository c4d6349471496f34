/**
 * Real QEMU, as the oracle of tests and the opponent of benchmarks.
 *
 * Where it is not installed, `qemuMissing` says so and the caller skips with a visible notice; with
 * QMPD_REQUIRE_QEMU=1 that is an error instead.
 */

import { once } from "node:events";
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import type { JsonValue } from "../../src/qjson/value.ts";
import { QEMU, type QemuOptions, qemuVersion, startQemu } from "../../src/screenbench/qemu.ts";
import { type ServerProcess, startServerProcess } from "../../src/screenbench/server-process.ts";

export { type QemuOptions, type ServerProcess, startQemu, startServerProcess };

/** Why QEMU cannot be used here, or `undefined`.  Throws when it has to be there. */
export function qemuMissing(): string | undefined {
  if (qemuVersion() !== undefined) return undefined;
  const notice = `${QEMU} is not installed`;
  if (process.env.QMPD_REQUIRE_QEMU === "1") throw new Error(`${notice}, and QMPD_REQUIRE_QEMU is set`);
  console.warn(`skipped: ${notice}`);
  return notice;
}

/** What a fresh QEMU, machine `none`, answers to a command without arguments. */
export async function askQemu(command: string): Promise<JsonValue | undefined> {
  const server = await startQemu();
  const socket = createConnection({ path: server.sockets[0] ?? "" });
  try {
    await once(socket, "connect");
    socket.write(`{"execute": "qmp_capabilities"} {"execute": ${JSON.stringify(command)}}`);
    const lines: string[] = [];
    for await (const line of createInterface({ input: socket })) {
      lines.push(line);
      if (lines.length === 3) break;
    }
    return JSON.parse(lines[2] ?? "").return;
  } finally {
    socket.destroy();
    await server.stop();
  }
}
