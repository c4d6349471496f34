/** Listeners on free addresses, and plain clients for them; all gone after each test. */

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, type NetConnectOpts, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { type ChardevServer, listenTcp, listenUnix } from "../../src/chardev/listen.ts";
import { Recorder } from "./recorder.ts";

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "qmpd-chardev-"));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A listener, and what it accepted. */
export class Endpoint {
  readonly #accepted: Recorder[] = [];
  #waiting: ((recorder: Recorder) => void)[] = [];
  #server: ChardevServer | undefined;
  #connect: NetConnectOpts = { path: "" };

  static async unix(path = join(temporaryDirectory(), "qmp.sock")): Promise<Endpoint> {
    const endpoint = new Endpoint();
    endpoint.#own(await listenUnix(path, endpoint.#listener()), { path });
    return endpoint;
  }

  static async tcp(): Promise<Endpoint> {
    const endpoint = new Endpoint();
    const where = { host: "127.0.0.1", port: 0, allowRemote: false };
    const server = await listenTcp(where, endpoint.#listener());
    endpoint.#own(server, { host: "127.0.0.1", port: Number(server.address.split(":").at(-1)) });
    return endpoint;
  }

  get server(): ChardevServer {
    if (this.#server === undefined) throw new Error("not listening");
    return this.#server;
  }

  /** Connects a client and answers both ends.  One connection at a time: the order pairs them. */
  async connect(): Promise<{ client: Socket; served: Recorder }> {
    const served = new Promise<Recorder>((resolve) => this.#waiting.push(resolve));
    const client = createConnection({ ...this.#connect, allowHalfOpen: true });
    cleanups.push(() => client.destroy());
    await once(client, "connect");
    return { client, served: await served };
  }

  #own(server: ChardevServer, connect: NetConnectOpts): void {
    this.#server = server;
    this.#connect = connect;
    cleanups.push(() => {
      server.close();
      for (const recorder of this.#accepted) recorder.chardev.destroy();
    });
  }

  #listener() {
    return {
      connect: (chardev: Recorder["chardev"]) => {
        const recorder = new Recorder(chardev);
        this.#accepted.push(recorder);
        this.#waiting.shift()?.(recorder);
      },
      error: (error: Error) => {
        throw error;
      },
    };
  }
}

/** Everything that `client` reads until its end. */
export async function readAll(client: Socket): Promise<string> {
  let text = "";
  for await (const chunk of client) text += (chunk as Buffer).toString("latin1");
  return text;
}
