/** Real QEMU, started here: the opponent of benchmarks and the oracle of tests. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CARD_MB, cardArguments, type QemuPicture, showStill } from "./qemu-cards.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

export const QEMU = "qemu-system-x86_64";

export interface QemuOptions {
  /** By default exactly one: QEMU polls every monitor it has. */
  readonly monitors?: number;
  /** Cards that show the still picture of the test machine.  Without it and `firmware`: machine `none`. */
  readonly picture?: QemuPicture;
  /** A PC with this firmware and a VGA card, which runs. */
  readonly firmware?: string;
}

/** As QEMU tells it, such as `7.2.22`; undefined where it is not installed. */
export function qemuVersion(): string | undefined {
  const { error, status, stdout } = spawnSync(QEMU, ["--version"], { encoding: "utf8" });
  if (error !== undefined || status !== 0) return undefined;
  return /version (\S+)/.exec(stdout)?.[1] ?? "unknown";
}

export async function startQemu({
  monitors = 1,
  picture,
  firmware,
}: QemuOptions = {}): Promise<ServerProcess> {
  const directory = mkdtempSync(join(tmpdir(), "qmpd-qemu-"));
  const sockets = Array.from({ length: monitors }, (_, index) => join(directory, `qmp${index}.sock`));
  const qtest = join(directory, "qtest.sock");
  const machine = picture === undefined ? pcArguments(firmware) : cardArguments(picture, qtest);
  const qmp = sockets.flatMap((path) => ["-qmp", `unix:${path},server=on,wait=off`]);
  const server = await startServerProcess(
    QEMU,
    [...machine, "-nodefaults", "-display", "none", ...qmp],
    sockets,
    () => rmSync(directory, { recursive: true, force: true }),
  );
  if (picture === undefined) return server;
  try {
    await showStill(qtest, picture);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function pcArguments(firmware: string | undefined): string[] {
  if (firmware === undefined) return ["-machine", "none"];
  const card = ["-device", `VGA,id=video0,vgamem_mb=${CARD_MB}`];
  return ["-accel", "tcg", "-machine", "pc", ...card, "-bios", firmware];
}
