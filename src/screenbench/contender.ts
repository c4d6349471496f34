/** Who is compared: servers that are running, and servers that are started here for each case. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SocketEndpoint } from "../chardev/connect.ts";
import { readEndpoint } from "../chardev/endpoint.ts";
import { LoadError } from "../loadgen/load-error.ts";
import { MACHINE_CONSOLES_MAX } from "../util/limits.ts";
import type { DumpCase, Scene } from "./cases.ts";
import { QEMU, qemuVersion, startQemu } from "./qemu.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

/** A word for a server that is started here, or the endpoints of one that runs. */
export type ContenderSpec =
  | { readonly kind: "qmpd" | "qemu"; readonly text: string }
  | { readonly kind: "running"; readonly text: string; readonly endpoints: readonly SocketEndpoint[] };

export type Content = "moving" | "still";

export interface StartOptions {
  /** The program `qmpd`, built. */
  readonly program: string;
  /** What displays of ours show; QEMU's show the still picture. */
  readonly content: Content;
  /** Device of running servers; `{client}` in it is the client's number. */
  readonly console: string | undefined;
}

export interface Contender {
  readonly endpoints: readonly SocketEndpoint[];
  readonly pid: number | undefined;
  readonly content: Content | undefined;
  /** The argument `device`; `{client}` in it is the client's number.  Undefined: none is given. */
  readonly device: string | undefined;
  stop(): Promise<void>;
}

/** A case that a server cannot be asked. */
export interface Skipped {
  readonly skipped: string;
}

/** Throws {@link LoadError}. */
export function parseContender(text: string): ContenderSpec {
  if (text === "qmpd") return { kind: text, text };
  if (text === "qemu") {
    if (qemuVersion() === undefined) throw new LoadError(`qemu: ${QEMU} is not installed here`);
    return { kind: text, text };
  }
  const endpoints = text.split(/,(?=unix:|tcp:)/).map((part) => {
    const endpoint = readEndpoint(part);
    if (endpoint !== undefined && endpoint.kind !== "stdio") return endpoint;
    throw new LoadError(
      `'${part}' is nobody to compare: write unix:PATH or tcp:HOST:PORT, or qmpd or qemu to start one`,
    );
  });
  return { kind: "running", text, endpoints };
}

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
  const device = consoles === 1 ? "video0" : "video{client}";
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

function contenderOf({ sockets, pid, stop }: ServerProcess): Pick<Contender, "endpoints" | "pid" | "stop"> {
  return { endpoints: sockets.map((path) => ({ kind: "unix", path })), pid, stop };
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
    [program, "serve", "--log-level", "error", "--qmp", `unix:${socket}`, ...displays.flat()],
    [socket],
    () => rmSync(directory, { recursive: true, force: true }),
  );
}
