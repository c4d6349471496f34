/**
 * The load: a process of its own, so that what it costs is not mistaken for the server's.
 *
 * It takes one task over its IPC channel and answers one report.  The request's bytes are made once;
 * replies are counted by their line ends, and each must begin as a return does, or as an error where the
 * task says so.
 */

import { readFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { build, type Histogram } from "hdr-histogram-js";

export interface GeneratorTask {
  readonly sockets: readonly string[];
  /** Connections, spread over the sockets in turn. */
  readonly clients: number;
  readonly inFlightPerClient: number;
  /** The same requests go round, in this order; `{client}` in them is the client's number. */
  readonly requests: readonly string[];
  readonly warmUpMs: number;
  readonly durationMs: number;
  /**
   * `reply`: from a request to its reply.  `last-event`: from a request of the first client to the event
   * that it causes at the last of all clients, one request at a time.  `nothing`: the clients are idle.
   * `cycle`: each client connects, is greeted, negotiates, has the reply to the first request, leaves, and comes again.
   * `accept`: how long it takes until all clients have connected and are greeted; they stay until the end.
   */
  readonly measure: "reply" | "last-event" | "nothing" | "cycle" | "accept";
  /** The requests are refused, and an error is what each should be answered with. */
  readonly isRefused?: true;
  readonly serverPid: number;
}

/** What the generator says: first that the load is on and warm, then the report. */
export type GeneratorMessage =
  | { readonly kind: "warm" }
  | { readonly kind: "report"; readonly report: GeneratorReport };

export interface GeneratorReport {
  readonly commands: number;
  readonly elapsedMs: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  /** Of the server process, all its threads, while the load ran. */
  readonly serverCpuUs: number;
  /** Share of one core that the generator itself took. */
  readonly generatorCpuShare: number;
}

const NEWLINE = 10;
/** The third byte of `{"return": ...}`; an error has an `e` there, an event a `t`. */
const THIRD_BYTE_OF_RETURN = 0x72;
const THIRD_BYTE_OF_ERROR = 0x65;
/** Linux counts the processor time of /proc in hundredths of a second. */
const US_PER_TICK = 10_000;

/** Connections that are made at a time. */
const CONNECTING_COUNT_MAX = 64;
/** A listener whose backlog is full is asked again after this long. */
const RETRY_MS = 1;

/**
 * What comes is read into one buffer by all connections: whoever receives it looks at it at once.  An array for each
 * read would cost the generator more than the read itself.
 */
const INPUT = Buffer.allocUnsafe(64 * 1024);

/** A connection, and who receives what comes. */
interface Peer {
  readonly socket: Socket;
  receive: (bytes: Buffer) => void;
}

const NEGOTIATION = '{"execute": "qmp_capabilities"}\n';

/**
 * Connects, reads the greeting, and sends `requests` one after the other, each when the line before has come; resolves
 * with the connection when the last one is answered.
 */
async function converse(path: string, requests: readonly string[]): Promise<Peer> {
  for (;;) {
    try {
      return await tryConverse(path, requests);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      await delay(RETRY_MS);
    }
  }
}

function tryConverse(path: string, requests: readonly string[]): Promise<Peer> {
  return new Promise((resolve, reject) => {
    let lines = 0;
    const onClose = (): void => reject(new Error("the server closed a connection"));
    const receive = (bytes: Buffer): void => {
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, end + 1)) {
        const request = requests[lines++];
        if (request !== undefined) socket.write(request);
      }
      if (lines <= requests.length) return;
      peer.receive = ignore;
      socket.off("error", reject);
      socket.off("close", onClose);
      resolve(peer);
    };
    const callback = (length: number): boolean => {
      peer.receive(INPUT.subarray(0, length));
      return true;
    };
    const socket = createConnection({ path, onread: { buffer: INPUT, callback } });
    const peer: Peer = { socket, receive };
    socket.on("error", reject);
    socket.on("close", onClose);
  });
}

function ignore(): void {}

/** Makes all connections of a task, some at a time; `requests` are answered at each. */
async function openAll(task: GeneratorTask, requests: readonly string[]): Promise<Peer[]> {
  const peers: Peer[] = [];
  let next = 0;
  const openInTurn = async (): Promise<void> => {
    while (next < task.clients) {
      const index = next++;
      peers[index] = await converse(task.sockets[index % task.sockets.length] ?? "", requests);
    }
  };
  await Promise.all(Array.from({ length: CONNECTING_COUNT_MAX }, openInTurn));
  return peers;
}

/** One connection with some requests in flight.  It sends a request for each reply it gets. */
class LoadClient {
  readonly #socket: Socket;
  readonly #requests: Buffer;
  readonly #ends: readonly number[];
  readonly #histogram: Histogram;
  /** Of each reply. */
  readonly #thirdByte: number;
  /** When the requests in flight were sent, in the order of their replies. */
  readonly #sentUs: Float64Array;
  #oldest = 0;
  #next = 0;
  /** The place in the line that the next byte has; only the first few matter. */
  #column = 0;
  #stopped: (() => void) | undefined;
  replies = 0;

  constructor(peer: Peer, number: number, task: GeneratorTask, histogram: Histogram) {
    this.#socket = peer.socket;
    this.#histogram = histogram;
    this.#thirdByte = task.isRefused ? THIRD_BYTE_OF_ERROR : THIRD_BYTE_OF_RETURN;
    const cycle = cycleOf(task).map((request) => request.replaceAll("{client}", String(number)));
    this.#requests = Buffer.from(cycle.join(""), "latin1");
    const ends = [0];
    for (const request of cycle) ends.push((ends.at(-1) ?? 0) + request.length);
    this.#ends = ends;
    this.#sentUs = new Float64Array(task.inFlightPerClient);
    peer.receive = (bytes) => this.#receive(bytes);
  }

  /** Sends `count` requests in as few writes as the end of the cycle allows. */
  send(count: number): void {
    const nowUs = performance.now() * 1000;
    const inFlightMax = this.#sentUs.length;
    const cycle = this.#ends.length - 1;
    let left = count;
    while (left > 0) {
      const first = this.#next % cycle;
      const run = Math.min(left, cycle - first);
      for (let index = 0; index < run; index++) this.#sentUs[(this.#next + index) % inFlightMax] = nowUs;
      this.#socket.write(this.#requests.subarray(this.#ends[first], this.#ends[first + run]));
      this.#next += run;
      left -= run;
    }
  }

  #receive(bytes: Buffer): void {
    const nowUs = performance.now() * 1000;
    const inFlightMax = this.#sentUs.length;
    let count = 0;
    let lineStart = -this.#column;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, Math.max(lineStart, 0));
      const third = lineStart + 2;
      const seen = third >= 0 ? bytes[third] : this.#thirdByte;
      if (seen === THIRD_BYTE_OF_ERROR && seen !== this.#thirdByte)
        throw new Error(`the server answers ${bytes.toString().slice(0, 300)}`);
      if (end === -1) break;
      lineStart = end + 1;
      if (seen !== this.#thirdByte) continue;
      this.#histogram.recordValue(Math.max(1, nowUs - (this.#sentUs[this.#oldest % inFlightMax] ?? 0)));
      this.#oldest++;
      count++;
    }
    this.#column = bytes.length - lineStart;
    this.replies += count;
    if (this.#stopped !== undefined) {
      if (this.#oldest === this.#next) this.#stopped();
    } else if (count > 0) this.send(count);
  }

  /** Sends no more; resolves when the last reply has come. */
  stop(): Promise<void> {
    if (this.#oldest === this.#next) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stopped = resolve;
    });
  }
}

/** The requests repeated until a cycle holds all that can be in flight. */
function cycleOf(task: GeneratorTask): string[] {
  const rounds = Math.ceil(task.inFlightPerClient / task.requests.length);
  return Array.from({ length: rounds }, () => task.requests).flat();
}

/** The times from a request of one client to an event at the last of all clients, one request at a time. */
class FanOut {
  readonly #sender: Socket;
  readonly #task: GeneratorTask;
  readonly #histogram: Histogram;
  readonly #listeners: number;
  #sentUs = 0;
  #missing = 0;
  #stopped: (() => void) | undefined;
  replies = 0;

  constructor(sender: Peer, listeners: readonly Peer[], task: GeneratorTask, histogram: Histogram) {
    this.#sender = sender.socket;
    this.#task = task;
    this.#histogram = histogram;
    this.#listeners = listeners.length;
    const count = (bytes: Buffer): void => this.#arrived(bytes);
    // The sender has its event and its return.
    for (const peer of [sender, ...listeners]) peer.receive = count;
  }

  start(): void {
    this.#missing = this.#listeners + 2;
    this.#sentUs = performance.now() * 1000;
    this.#sender.write(this.#task.requests[this.replies % this.#task.requests.length] ?? "");
  }

  #arrived(bytes: Buffer): void {
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, end + 1)) this.#missing--;
    if (this.#missing !== 0) return;
    this.#histogram.recordValue(performance.now() * 1000 - this.#sentUs);
    this.replies++;
    // A cycle is finished, so that the next load finds the machine as this one did.
    if (this.#stopped === undefined || this.replies % this.#task.requests.length !== 0) this.start();
    else this.#stopped();
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#stopped = resolve;
    });
  }
}

/** One place for a client: whoever has had its reply leaves, and the next one comes. */
class Cycle {
  readonly #path: string;
  readonly #requests: readonly string[];
  readonly #histogram: Histogram;
  #isStopped = false;
  readonly #ended: Promise<void>;
  replies = 0;

  constructor(path: string, task: GeneratorTask, histogram: Histogram) {
    this.#path = path;
    this.#requests = [NEGOTIATION, ...task.requests];
    this.#histogram = histogram;
    this.#ended = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const startUs = performance.now() * 1000;
      const { socket } = await converse(this.#path, this.#requests);
      this.#histogram.recordValue(Math.max(1, performance.now() * 1000 - startUs));
      this.replies++;
      socket.destroy();
    }
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#ended;
  }
}

interface Load {
  readonly replies: number;
  stop(): Promise<void>;
}

async function openLoad(
  task: GeneratorTask & { readonly measure: Exclude<GeneratorTask["measure"], "accept"> },
  histogram: Histogram,
): Promise<readonly Load[]> {
  if (task.measure === "cycle") {
    return Array.from(
      { length: task.clients },
      (_, index) => new Cycle(task.sockets[index % task.sockets.length] ?? "", task, histogram),
    );
  }
  const peers = await openAll(task, [NEGOTIATION]);
  for (const { socket } of peers) {
    socket.on("close", () => fail(new Error("the server closed a connection")));
  }
  switch (task.measure) {
    case "nothing":
      return [];
    case "last-event": {
      const [sender, ...listeners] = peers;
      if (sender === undefined) return [];
      const fanOut = new FanOut(sender, listeners, task, histogram);
      fanOut.start();
      return [fanOut];
    }
    case "reply": {
      const clients = peers.map((peer, number) => new LoadClient(peer, number, task, histogram));
      for (const client of clients) client.send(task.inFlightPerClient);
      return clients;
    }
  }
}

async function run(task: GeneratorTask): Promise<GeneratorReport> {
  const histogram = build({
    bitBucketSize: 64,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  });
  const { measure } = task;
  if (measure === "accept") return runAccept(task);
  const load = await openLoad({ ...task, measure }, histogram);
  const total = (): number => load.reduce((sum, client) => sum + client.replies, 0);
  await delay(task.warmUpMs);
  histogram.reset();
  say({ kind: "warm" });
  const before = { replies: total(), ms: performance.now(), cpu: process.cpuUsage(), serverUs: cpuUs(task) };
  await delay(task.durationMs);
  const elapsedMs = performance.now() - before.ms;
  const own = process.cpuUsage(before.cpu);
  const report = {
    commands: total() - before.replies,
    elapsedMs,
    p50Us: histogram.getValueAtPercentile(50),
    p99Us: histogram.getValueAtPercentile(99),
    p999Us: histogram.getValueAtPercentile(99.9),
    serverCpuUs: cpuUs(task) - before.serverUs,
    generatorCpuShare: (own.user + own.system) / 1000 / elapsedMs,
  };
  // Nothing is left running: the other server's turn comes next, and files must be whole.
  await Promise.all(load.map((client) => client.stop()));
  return report;
}

/** Commands are connections here: there are no latencies. */
async function runAccept(task: GeneratorTask): Promise<GeneratorReport> {
  const before = { ms: performance.now(), cpu: process.cpuUsage(), serverUs: cpuUs(task) };
  const peers = await openAll(task, []);
  const elapsedMs = performance.now() - before.ms;
  const own = process.cpuUsage(before.cpu);
  const report = {
    commands: peers.length,
    elapsedMs,
    p50Us: 0,
    p99Us: 0,
    p999Us: 0,
    serverCpuUs: cpuUs(task) - before.serverUs,
    generatorCpuShare: (own.user + own.system) / 1000 / elapsedMs,
  };
  say({ kind: "warm" });
  for (const { socket } of peers) socket.destroy();
  return report;
}

/** Processor time of the server since it started.  Source: proc(5), fields 14 and 15. */
function cpuUs(task: GeneratorTask): number {
  const stat = readFileSync(`/proc/${task.serverPid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * US_PER_TICK;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function say(message: GeneratorMessage, sent?: () => void): void {
  process.send?.(message, undefined, undefined, () => sent?.());
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

process.once("message", (task) => {
  run(task as GeneratorTask).then((report) => say({ kind: "report", report }, () => process.exit(0)), fail);
});
process.on("uncaughtException", fail);
