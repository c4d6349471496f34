/**
 * The endpoints of one machine: where its clients connect, and are greeted (rule N1).
 *
 *     new ---listen---> greeting ---attach---> serving ---close---> closed
 *                          '------------close-----------------------^
 *
 * A service listens before the rest of the program is loaded: who connects meanwhile is greeted at once, and
 * handed on when there is somebody to hand it to.  What such a client sends waits in its socket.
 */

import type { Chardev } from "../chardev/chardev.ts";
import { type ChardevServer, listenTcp, listenUnix } from "../chardev/listen.ts";
import type { Endpoint } from "./config.ts";

export interface EndpointsOptions {
  readonly endpoints: readonly Endpoint[];
  /** TCP endpoints may have an address that other hosts reach. */
  readonly allowRemote: boolean;
  /** A client is somebody who types, rather than a program. */
  readonly isForPeople?: true;
  /** What each client is sent first. */
  readonly greeting: string;
  /** An endpoint is ready. */
  readonly onListening: (address: string) => void;
  /** A connection could not be accepted.  The others go on. */
  readonly onError: (error: Error) => void;
}

export class Endpoints {
  readonly #options: EndpointsOptions;
  readonly #servers: ChardevServer[] = [];
  readonly #addresses: string[] = [];
  /** Greeted, and not handed on yet; in order. */
  #waiting: Chardev[] = [];
  #accept: ((chardev: Chardev) => void) | undefined;
  #isClosed = false;

  constructor(options: EndpointsOptions) {
    this.#options = options;
  }

  /** Addresses that clients connect to, as they are: port 0 has become a number. */
  get addresses(): readonly string[] {
    return this.#addresses;
  }

  /** Whether nobody can come any more once the one client has gone: standard input and output are one's, once. */
  get isSingleUse(): boolean {
    return this.#options.endpoints.every(({ kind }) => kind === "stdio");
  }

  /** Listens on all of them.  Rejects with what was wrong. */
  async listen(): Promise<void> {
    for (const endpoint of this.#options.endpoints) await this.#listen(endpoint);
  }

  /** Hands each client on from now on, those that came before first.  Once. */
  attach(accept: (chardev: Chardev) => void): void {
    this.#accept = accept;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const chardev of waiting) accept(chardev);
  }

  /** Accepts nobody any more.  Who was handed on goes on; who was not is closed.  Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const server of this.#servers) server.close();
    for (const chardev of this.#waiting) chardev.destroy();
    this.#waiting = [];
  }

  async #listen(endpoint: Endpoint): Promise<void> {
    const { allowRemote, onError, onListening } = this.#options;
    if (endpoint.kind === "stdio") {
      const { createStdioChardev, createTerminalChardev } = await import("../chardev/stdio.ts");
      this.#addresses.push("stdio");
      return this.#greet(this.#options.isForPeople ? createTerminalChardev() : createStdioChardev());
    }
    const listener = { connect: (chardev: Chardev) => this.#greet(chardev), error: onError };
    const server =
      endpoint.kind === "unix"
        ? await listenUnix(endpoint.path, listener)
        : await listenTcp({ host: endpoint.host, port: endpoint.port, allowRemote }, listener);
    // Closed meanwhile.
    if (this.#isClosed) return server.close();
    this.#servers.push(server);
    this.#addresses.push(server.address);
    onListening(server.address);
  }

  #greet(chardev: Chardev): void {
    if (this.#isClosed) return chardev.destroy();
    chardev.write(this.#options.greeting);
    if (this.#accept === undefined) this.#waiting.push(chardev);
    else this.#accept(chardev);
  }
}
