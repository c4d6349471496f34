/**
 * One client of a load: a connection that sends what it is told to, and checks every line that comes back.
 *
 *     connecting ---greeting---> negotiating ---accepted---> open ---reconnect---> leaving ---all answered---> connecting
 *          '------------ closed, by the server or by `close` ---'-------------------'-----> closed
 *
 * It decides nothing: when to send what is its owner's to say, after `room`.  Reads of all clients of a thread go through
 * one buffer, since each is looked at before the next.
 */

import { createConnection, type Socket } from "node:net";
import { endpointText, type SocketEndpoint } from "../chardev/connect.ts";
import { systemErrorCode } from "../chardev/errors.ts";
import { LOAD_CONNECT_MS, LOAD_CONNECT_RETRY_MS, LOAD_SLOW_READ_PERIOD_MS } from "../util/limits.ts";
import type { FaultKind } from "./contract.ts";
import { Ledger, type LedgerParts } from "./ledger.ts";
import type { LineMemory } from "./line-memory.ts";
import { LoadError } from "./load-error.ts";
import { ReplyLines } from "./reply-lines.ts";
import type { ServerLine } from "./server-line.ts";

type State = "connecting" | "negotiating" | "open" | "leaving" | "closed";

interface Settle {
  resolve(): void;
  reject(error: Error): void;
}

/** Whom a client tells. */
export interface ClientOwner {
  /** Replies have come, or the connection is open: the client may be given commands; or it is gone. */
  room(client: LoadClient): void;
  fault(kind: FaultKind, count: number, text: string): void;
  /** A slow reader's server has had enough of it. */
  slowReaderClosed(): void;
  event(name: string): void;
}

/** What the clients of a thread have in common. */
export interface ClientParts extends LedgerParts {
  readonly capabilities: readonly string[];
  readonly isSlow: boolean;
  readonly owner: ClientOwner;
  /** One byte longer than what is read at a time; all clients share it. */
  readonly buffer: Buffer;
  /** Of what servers say. */
  readonly memory: LineMemory;
}

export class LoadClient {
  readonly number: number;
  readonly #endpoint: SocketEndpoint;
  readonly #parts: ClientParts;
  readonly #ledger: Ledger;
  readonly #heads: readonly string[];
  readonly #tails: readonly string[];
  readonly #readBuffer: Buffer;
  #lines: ReplyLines;
  #socket: Socket | undefined;
  #state: State = "closed";
  /** Requests that are not written yet; see `flush`. */
  #text = "";
  #connectedOnce = false;
  /** Of the `connect` that is under way. */
  #settle: Settle | undefined;
  #deadline: NodeJS.Timeout | undefined;
  /** To come again, which may have failed. */
  #hasLeft = false;
  events = 0;
  /** Connections that were made anew. */
  reconnects = 0;

  constructor(number: number, endpoint: SocketEndpoint, parts: ClientParts) {
    this.number = number;
    this.#endpoint = endpoint;
    this.#parts = parts;
    this.#ledger = new Ledger(number, parts, (kind, count, text) =>
      parts.owner.fault(kind, count, `${this.#who}: ${text}`),
    );
    this.#heads = parts.commands.map(({ head }) => head.replaceAll("{client}", String(number)));
    this.#tails = parts.commands.map(({ tail }) => tail);
    this.#readBuffer = parts.buffer.subarray(0, -1);
    this.#lines = new ReplyLines(this, parts.memory);
  }

  /** How many more commands it may be given now. */
  get room(): number {
    return this.#state === "open" ? this.#parts.inFlight - this.#ledger.inFlight : 0;
  }

  get inFlight(): number {
    return this.#ledger.inFlight;
  }

  get replies(): number {
    return this.#ledger.replies;
  }

  get isSlow(): boolean {
    return this.#parts.isSlow;
  }

  /** It was connected from the first connection on, without an interruption. */
  get isUnbroken(): boolean {
    return this.#connectedOnce && !this.#hasLeft && this.#state !== "closed";
  }

  /** It was connected, and is no more. */
  get isGone(): boolean {
    return this.#connectedOnce && this.#state === "closed";
  }

  /** Connects and negotiates.  Rejects with {@link LoadError}. */
  connect(): Promise<void> {
    const startMs = performance.now();
    this.#lines = new ReplyLines(this, this.#parts.memory);
    return new Promise<void>((resolve, reject) => {
      this.#settle = { resolve: () => resolve(), reject };
      this.#deadline = setTimeout(() => this.#failConnect(this.#silent()), LOAD_CONNECT_MS);
      this.#dial();
    }).then(() => {
      this.#connectedOnce = true;
      this.#parts.recorder.connected((performance.now() - startMs) * 1000);
    });
  }

  /** Adds a command to what `flush` sends.  Its latency is counted from `startUs`.  Only with `room`.
   *  `heavyMark` is of that time; by default, of now. */
  send(command: number, startUs: number, heavyMark?: number): void {
    const id = this.#ledger.add(command, startUs, heavyMark);
    this.#text += `${this.#heads[command]}${id}${this.#tails[command]}`;
  }

  flush(): void {
    if (this.#text === "") return;
    this.#socket?.write(this.#text, "latin1");
    this.#text = "";
  }

  /** Connects anew when all is answered; until then it has no room.  Nothing happens unless it is open. */
  reconnect(): void {
    if (this.#state !== "open") return;
    this.#state = "leaving";
    if (this.#ledger.inFlight === 0) this.#leave();
  }

  /** Ends the connection.  What has no reply is lost, unless this is a slow reader. */
  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#socket?.destroy();
    const more = this.#lines.isInLine ? ", but for the beginning of a line" : "";
    this.#loseAll(`had no reply when the run was over${more}`);
  }

  // ---- Connecting ----

  #dial(): void {
    this.#state = "connecting";
    const endpoint = this.#endpoint;
    const socket: Socket = createConnection({
      ...(endpoint.kind === "unix" ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port }),
      noDelay: true,
      onread: { buffer: this.#readBuffer, callback: (size) => this.#read(socket, size) },
    });
    this.#socket = socket;
    let failure: Error | undefined;
    socket.on("error", (error) => {
      failure = error;
    });
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      if (socket === this.#socket) this.#over(failure);
    });
  }

  #over(failure: Error | undefined): void {
    switch (this.#state) {
      case "closed":
        return;
      case "connecting":
      case "negotiating":
        if (this.#deadline !== undefined && failure !== undefined && systemErrorCode(failure) === "EAGAIN") {
          // Its backlog is full.  The deadline of `connect` ends this.
          setTimeout(() => this.#deadline !== undefined && this.#dial(), LOAD_CONNECT_RETRY_MS);
          return;
        }
        return this.#failConnect(
          new LoadError(`${this.#peer}: ${cannotConnect(failure)}`, { cause: failure }),
        );
      case "open":
      case "leaving":
        this.#state = "closed";
        if (this.isSlow) return this.#parts.owner.slowReaderClosed();
        this.#fault("disconnected", `the connection ended${failure ? ` (${failure.message})` : ""}`);
        this.#loseAll("had no reply when the connection ended");
        this.#parts.owner.room(this);
        return;
    }
  }

  #silent(): LoadError {
    const [what, hint] =
      this.#state === "negotiating"
        ? ["answer to qmp_capabilities", ""]
        : ["greeting", ": is another client connected? QEMU serves one at a time"];
    return new LoadError(`${this.#peer}: no ${what} within ${LOAD_CONNECT_MS / 1000} s${hint}`);
  }

  #failConnect(error: LoadError): void {
    this.#state = "closed";
    this.#socket?.destroy();
    this.#settled()?.reject(error);
  }

  #settled(): Settle | undefined {
    const settle = this.#settle;
    this.#settle = undefined;
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    return settle;
  }

  #negotiate(reply: ServerLine, bytes: Buffer): void {
    if (reply.kind === "greeting" && this.#state === "connecting") {
      const { capabilities } = this.#parts;
      const missing = capabilities.find((name) => !reply.capabilities.includes(name));
      if (missing !== undefined) {
        const offered = reply.capabilities.join(", ") || "none";
        return this.#failConnect(
          new LoadError(`${this.#peer}: it does not offer the capability '${missing}' (offered: ${offered})`),
        );
      }
      this.#state = "negotiating";
      const enable = capabilities.map((name) => `"${name}"`).join(", ");
      const args = capabilities.length === 0 ? "" : `, "arguments": {"enable": [${enable}]}`;
      this.#socket?.write(`{"execute": "qmp_capabilities"${args}}\r\n`);
    } else if (reply.kind === "return" && this.#state === "negotiating") {
      this.#state = "open";
      this.#settled()?.resolve();
    } else {
      const text = bytes.toString("latin1").slice(0, 120);
      const expected = this.#state === "connecting" ? "a greeting of QMP" : "the return of qmp_capabilities";
      this.#failConnect(new LoadError(`${this.#peer}: ${expected} was expected, and this came: ${text}`));
    }
  }

  #leave(): void {
    this.#socket?.destroy();
    this.#hasLeft = true;
    // With the state `connecting`, the end of the old connection is nobody's concern: it is not `#socket` any more.
    this.connect().then(
      () => {
        this.reconnects++;
        this.#parts.owner.room(this);
      },
      (error: Error) => {
        this.#fault("disconnected", `it could not connect again: ${error.message}`);
        this.#parts.owner.room(this);
      },
    );
  }

  // ---- Reading ----

  /** False: nothing more is read for now. */
  #read(socket: Socket, size: number): boolean {
    if (socket !== this.#socket || this.#state === "closed") return true;
    this.#ledger.nowUs = performance.now() * 1000;
    this.#lines.push(this.#parts.buffer, size);
    if (this.#state === "leaving" && this.#ledger.inFlight === 0) this.#leave();
    else if (this.#state === "open") this.#parts.owner.room(this);
    if (!this.isSlow || this.#state !== "open") return true;
    setTimeout(() => socket.resume(), LOAD_SLOW_READ_PERIOD_MS);
    return false;
  }

  /** From `ReplyLines`: the fast path. */
  returned(id: number): void {
    if (this.#settle !== undefined)
      this.#negotiate({ kind: "unknown" }, Buffer.from(`a reply with the id ${id}`));
    else if (this.#state !== "closed") this.#ledger.answer(id);
  }

  /** From `ReplyLines`: everything else. */
  line(reply: ServerLine, bytes: Buffer): void {
    if (this.#settle !== undefined) return this.#negotiate(reply, bytes);
    if (this.#state === "closed") return;
    switch (reply.kind) {
      case "event":
        this.events++;
        return this.#parts.owner.event(reply.name);
      case "return":
        return void this.#ledger.answer(reply.id);
      case "error":
        return this.#ledger.fail(reply.id, reply.errorClass, reply.desc);
      case "greeting":
      case "unknown":
        return this.#fault(
          "unreadable",
          `this came, which is no reply: ${bytes.toString("latin1").slice(0, 120)}`,
        );
    }
  }

  #loseAll(how: string): void {
    this.#ledger.loseAll(this.isSlow ? undefined : how);
  }

  #fault(kind: FaultKind, text: string): void {
    this.#parts.owner.fault(kind, 1, `${this.#who}: ${text}`);
  }

  get #who(): string {
    return `client ${this.number} (${this.#peer})`;
  }

  get #peer(): string {
    return endpointText(this.#endpoint);
  }
}

function cannotConnect(failure: Error | undefined): string {
  switch (failure && systemErrorCode(failure)) {
    case undefined:
      return "the server closed the connection before it had answered; is its limit of open files reached?";
    case "ENOENT":
      return "there is no such socket: is the server running?";
    case "ECONNREFUSED":
      return "nobody listens there: is the server running?";
    case "EMFILE":
      return "this process has no file descriptor left: `ulimit -n` tells and sets how many there are";
    case "EADDRNOTAVAIL":
      return "this computer has no port left for a connection to that address: use a unix socket, or fewer clients";
    default:
      return failure?.message ?? "";
  }
}
