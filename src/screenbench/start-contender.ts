/** Starts who is compared, as a case needs it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SocketEndpoint } from "../chardev/connect.ts";
import { LoadError } from "../loadgen/load-error.ts";
import {
  DISPLAY_HEIGHT_MAX_PX,
  DISPLAY_HEIGHT_MIN_PX,
  DISPLAY_WIDTH_MAX_PX,
  DISPLAY_WIDTH_MIN_PX,
  MACHINE_CONSOLES_MAX,
} from "../util/limits.ts";
import type { DumpCase, PictureSize, Scene } from "./cases.ts";
import {
  type Contender,
  type ContenderSpec,
  type Content,
  contenderOf,
  type Skipped,
  type StartOptions,
} from "./contender.ts";
import { startPc } from "./pc.ts";
import { startQemu } from "./qemu.ts";
import { unfitForQemu } from "./qemu-cards.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

export async function startContender(
  spec: ContenderSpec,
  dumpCase: DumpCase,
  options: StartOptions,
): Promise<Contender | Skipped> {
  const { crowd, scene, target } = dumpCase;
  const consoles = crowd.consoles === "own" ? crowd.count : 1;
  if (spec.kind === "running") return runningContender(spec.endpoints, consoles, options.console);
  if (scene === undefined) throw new Error("a server that is started shows a scene");
  if (consoles > MACHINE_CONSOLES_MAX)
    return { skipped: `a machine has at most ${MACHINE_CONSOLES_MAX} consoles` };
  if (scene.device === "pc") return startPc(spec.kind, dumpCase, scene, consoles, options.program);
  const device = consoles === 1 ? "video0" : "video{client}";
  const unfit = spec.kind === "qmpd" ? unfitForQmpd(scene.size) : unfitForQemu(scene.size);
  if (unfit !== undefined) return { skipped: unfit };
  if (spec.kind === "qmpd") {
    const server = await startQmpd(options.program, scene, consoles, options.content);
    return { ...contenderOf(server), content: options.content, device };
  }
  if (target === "reply") return { skipped: "QEMU has no screendump-data" };
  if (scene.device === "qxl" && consoles > 1) return { skipped: "QEMU is given one qxl console here" };
  const { width, height } = scene.size;
  const picture = { width, height, consoles, device: scene.device };
  const server = await startQemu({ monitors: crowd.count, picture });
  return { ...contenderOf(server), content: "still", device };
}

function unfitForQmpd({ width, height }: PictureSize): string | undefined {
  const isSmall = width < DISPLAY_WIDTH_MIN_PX || height < DISPLAY_HEIGHT_MIN_PX;
  if (!isSmall && width <= DISPLAY_WIDTH_MAX_PX && height <= DISPLAY_HEIGHT_MAX_PX) return undefined;
  const least = `${DISPLAY_WIDTH_MIN_PX}x${DISPLAY_HEIGHT_MIN_PX}`;
  return `displays of qmpd have ${least} to ${DISPLAY_WIDTH_MAX_PX}x${DISPLAY_HEIGHT_MAX_PX}`;
}

function runningContender(
  endpoints: readonly SocketEndpoint[],
  consoles: number,
  device: string | undefined,
): Contender {
  if (consoles > 1 && device?.includes("{client}") !== true) {
    throw new LoadError(
      `--clients ${consoles}: each client has a console of its own: name them, as --console 'video{client}'; ` +
        `or use --waiters ${consoles}`,
    );
  }
  return { endpoints, pid: undefined, content: undefined, device, stop: async () => {} };
}

function startQmpd(
  program: string,
  { size, device }: Scene,
  consoles: number,
  content: Content,
): Promise<ServerProcess> {
  const directory = mkdtempSync(join(tmpdir(), "qmpd-server-"));
  const socket = join(directory, "qmp.sock");
  const displays = Array.from({ length: consoles }, (_, index) => [
    "--display",
    `${device}:${size.width}x${size.height},content=${content},id=video${index}`,
  ]);
  return startServerProcess(
    process.execPath,
    [
      program,
      "serve",
      "--log-level",
      "error",
      "--qmp",
      `unix:${socket}`,
      "--machine",
      "test",
      ...displays.flat(),
    ],
    [socket],
    () => rmSync(directory, { recursive: true, force: true }),
  );
}
