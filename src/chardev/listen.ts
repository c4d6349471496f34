/**
 * Listeners: they make a chardev of each connection that they accept.
 *
 * Invariants:
 *  - a unix socket is never reachable for another user, not for a moment: it is bound under a umask;
 *  - a socket that somebody still listens on is never replaced;
 *  - TCP is bound to loopback unless the caller says that others may connect.
 */

import { lstatSync, unlinkSync } from "node:fs";
import { createConnection, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import {
  CHARDEV_OUTPUT_WATERMARK_BYTES,
  LISTEN_BACKLOG_CONNECTIONS,
  UNIX_PATH_BYTES_MAX,
} from "../util/limits.ts";
import type { Chardev } from "./chardev.ts";
import { tcpText } from "./endpoint.ts";
import { ChardevError, systemErrorCode } from "./errors.ts";
import { SocketChardev } from "./socket.ts";

export interface ChardevServer {
  /** `unix:/run/qmp.sock`, `tcp:127.0.0.1:4444`; the port is the real one where 0 was asked for. */
  readonly address: string;
  /** Accepts no more and removes the socket file.  Connections that exist go on.  Idempotent. */
  close(): void;
}

export interface ChardevServerListener {
  /** A connection.  The receiver owns the chardev. */
  connect(chardev: Chardev): void;
  /** A connection could not be accepted, for want of file descriptors for example.  The listener goes on. */
  error(error: Error): void;
}

/** Listens on a unix socket with mode 0600.  Rejects with {@link ChardevError}. */
export async function listenUnix(path: string, listener: ChardevServerListener): Promise<ChardevServer> {
  const address = `unix:${path}`;
  if (Buffer.byteLength(path) > UNIX_PATH_BYTES_MAX) {
    const message = `${address}: the path is too long: the system allows ${UNIX_PATH_BYTES_MAX} bytes`;
    throw new ChardevError("CHARDEV_ADDRESS", message);
  }
  const server = createServer(SERVER_OPTIONS, (socket) => {
    listener.connect(new SocketChardev(socket, "unix", address, "any"));
  });
  await removeStale(path);
  // The socket is bound before `startListening` returns, so nothing else runs under this umask.
  const umask = process.umask(0o177);
  const listening = startListening(server, { path });
  process.umask(umask);
  try {
    await listening;
  } catch (error) {
    throw unixError(path, error);
  }
  server.on("error", (error) => listener.error(error));
  return { address, close: () => void server.close() };
}

export interface TcpAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Whether the address may be one that other machines reach. */
  readonly allowRemote: boolean;
}

/** Listens on TCP.  A connection that begins as HTTP is closed.  Rejects with {@link ChardevError}. */
export async function listenTcp(where: TcpAddress, listener: ChardevServerListener): Promise<ChardevServer> {
  const name = tcpText(where.host, where.port);
  const host = await resolveHost(where.host, name);
  if (!where.allowRemote && !isLoopback(host)) {
    const message = `${name} is not a loopback address: whoever can reach it controls the machine. If that is meant, add --allow-remote`;
    throw new ChardevError("CHARDEV_REMOTE", message);
  }
  const server = createServer({ ...SERVER_OPTIONS, noDelay: true }, (socket) => {
    const peer = tcpText(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0);
    listener.connect(new SocketChardev(socket, "tcp", peer, "no-http"));
  });
  try {
    await startListening(server, { host, port: where.port });
  } catch (error) {
    throw tcpError(name, error);
  }
  server.on("error", (error) => listener.error(error));
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : where.port;
  return { address: tcpText(where.host, port), close: () => void server.close() };
}

const SERVER_OPTIONS = { allowHalfOpen: true, highWaterMark: CHARDEV_OUTPUT_WATERMARK_BYTES };

/** Every failure is a rejection, none is thrown. */
function startListening(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...options, backlog: LISTEN_BACKLOG_CONNECTIONS }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Makes room for a socket at `path`, if what is there is a socket that nobody listens on. */
async function removeStale(path: string): Promise<void> {
  const before = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (before === undefined) return;
  if (!before.isSocket()) {
    throw new ChardevError(
      "CHARDEV_ADDRESS",
      `unix:${path}: there is a file of that name, and it is no socket`,
    );
  }
  if (await isLive(path)) throw inUse(path);
  // Somebody else may have come first and listen there by now: only what was found stale is removed.  A new
  // socket often gets the inode of the one that was removed for it, so its time has to be the same, too.
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (now?.ino !== before.ino || now.dev !== before.dev || now.ctimeNs !== before.ctimeNs) return;
  try {
    unlinkSync(path);
  } catch (error) {
    throw unixError(path, error);
  }
}

/** Whether a process listens on the socket.  A refused connection is the one sure sign that none does. */
function isLive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = createConnection({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => resolve(!["ECONNREFUSED", "ENOENT"].includes(systemErrorCode(error))));
  });
}

function inUse(path: string): ChardevError {
  const message = `unix:${path} is in use by another process: stop that one, or choose another path`;
  return new ChardevError("CHARDEV_IN_USE", message);
}

function unixError(path: string, error: unknown): ChardevError {
  const options = { cause: error };
  switch (systemErrorCode(error)) {
    case "EADDRINUSE":
      return inUse(path);
    // Node reports a missing directory as EACCES, too.
    case "EACCES":
    case "EPERM":
    case "ENOENT":
      return new ChardevError("CHARDEV_ADDRESS", directoryFault(path), options);
    default:
      return new ChardevError("CHARDEV_ADDRESS", `unix:${path}: ${reason(error)}`, options);
  }
}

function directoryFault(path: string): string {
  const directory = dirname(path);
  let found: boolean;
  try {
    found = lstatSync(directory, { throwIfNoEntry: false }) !== undefined;
  } catch {
    found = true; // There, but behind a directory that may not be searched.
  }
  return found
    ? `unix:${path}: no permission to make a socket in the directory ${directory}`
    : `unix:${path}: there is no directory ${directory}`;
}

function tcpError(name: string, error: unknown): ChardevError {
  const options = { cause: error };
  switch (systemErrorCode(error)) {
    case "EADDRINUSE":
      return new ChardevError("CHARDEV_IN_USE", `${name} is in use by another process`, options);
    case "EACCES":
      return new ChardevError("CHARDEV_ADDRESS", `${name}: no permission to listen on this port`, options);
    case "EADDRNOTAVAIL":
      return new ChardevError("CHARDEV_ADDRESS", `${name}: this machine has no such address`, options);
    default:
      return new ChardevError("CHARDEV_ADDRESS", `${name}: ${reason(error)}`, options);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function resolveHost(host: string, name: string): Promise<string> {
  const { lookup } = await import("node:dns/promises");
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw new ChardevError("CHARDEV_ADDRESS", `${name}: no such host`, { cause: error });
  }
}

/** Whether only this machine reaches `address`.  Sources: RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3. */
function isLoopback(address: string): boolean {
  return address === "::1" || /^(?:::ffff:)?127\./.test(address);
}
