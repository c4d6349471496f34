/** Who is compared: servers that are running, and servers that are started here for each case. */

import { readSocketEndpoint, type SocketEndpoint, splitEndpoints } from "../chardev/connect.ts";
import { LoadError, UsageError } from "../loadgen/load-error.ts";
import { QEMU, qemuVersion } from "./qemu.ts";
import type { ServerProcess } from "./server-process.ts";

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
  const endpoints = splitEndpoints(text).map((part) => {
    const endpoint = readSocketEndpoint(part);
    if (endpoint !== undefined) return endpoint;
    throw new UsageError(
      `'${part}' is nobody to compare: write unix:PATH or tcp:HOST:PORT, or qmpd or qemu to start one`,
    );
  });
  return { kind: "running", text, endpoints };
}

export function contenderOf({
  sockets,
  pid,
  stop,
}: ServerProcess): Pick<Contender, "endpoints" | "pid" | "stop"> {
  return { endpoints: sockets.map((path) => ({ kind: "unix", path })), pid, stop };
}
