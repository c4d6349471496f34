/**
 * The other end of `listen.ts`: a chardev to a server.
 */

import { statSync } from "node:fs";
import { createConnection } from "node:net";
import type { Chardev } from "./chardev.ts";
import { type Endpoint, readEndpoint, tcpText } from "./endpoint.ts";
import { ChardevError, systemErrorCode } from "./errors.ts";
import { SocketChardev } from "./socket.ts";

/** What can be connected to. */
export type SocketEndpoint = Exclude<Endpoint, { readonly kind: "stdio" }>;

/** Reads an endpoint as people write it.  `undefined`: it is none that can be connected to. */
export function readSocketEndpoint(text: string): SocketEndpoint | undefined {
  const endpoint = readEndpoint(text);
  return endpoint === undefined || endpoint.kind === "stdio" ? undefined : endpoint;
}

/** Several of one server, joined by commas: a path may have commas in it, too. */
export function splitEndpoints(text: string): string[] {
  return text.split(/,(?=unix:|tcp:)/);
}

/**
 * Connects.  Rejects with {@link ChardevError} when nobody answers there, and with the reason of `signal` when
 * that fires first.  The caller starts the chardev before it returns to the event loop.
 */
export function connectChardev(endpoint: SocketEndpoint, signal: AbortSignal): Promise<Chardev> {
  const address = endpointText(endpoint);
  const { kind } = endpoint;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = createConnection({
      ...(kind === "unix" ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port }),
      allowHalfOpen: true,
      noDelay: true,
    });
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    const fail = (error: Error): void => {
      signal.removeEventListener("abort", abort);
      reject(new ChardevError("CHARDEV_CONNECT", `${address}: ${reason(error, endpoint)}`, { cause: error }));
    };
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", fail);
    socket.once("connect", () => {
      signal.removeEventListener("abort", abort);
      socket.off("error", fail);
      resolve(new SocketChardev(socket, kind, address, "any"));
    });
  });
}

/** As people write it. */
export function endpointText(endpoint: SocketEndpoint): string {
  return endpoint.kind === "unix" ? `unix:${endpoint.path}` : tcpText(endpoint.host, endpoint.port);
}

const NO_SOCKET = "there is a file of that name, and it is no socket";

function reason(error: Error, endpoint: SocketEndpoint): string {
  switch (systemErrorCode(error)) {
    case "ENOENT":
      return "there is no such socket: is the server running?";
    case "ECONNREFUSED":
      // Linux says so of a file that is no socket, too.
      return isOtherFile(endpoint) ? NO_SOCKET : "nobody listens there: is the server running?";
    case "ENOTSOCK":
      return NO_SOCKET;
    case "EACCES":
    case "EPERM":
      return "no permission to connect: the socket is another user's";
    case "EAGAIN":
      return "the server accepts no more connections for now: try again";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "no such host";
    default:
      return error.message;
  }
}

function isOtherFile(endpoint: SocketEndpoint): boolean {
  if (endpoint.kind !== "unix") return false;
  try {
    return !statSync(endpoint.path).isSocket();
  } catch {
    return false; // It is gone by now, or its name is an abstract one, of no file.
  }
}
