/**
 * The clients of one thread, from their connections to the last reply.
 *
 *     connecting ---start---> ramp ---measure---> measure ---stop---> drain ---all answered, or given up---> ended
 *
 * Invariants: each command sent is answered, lost, or a slow reader's, and each sample tells what happened since the one
 * before; so the samples together are the run.
 */

import { setTimeout as sleep } from "node:timers/promises";
import {
  LOAD_CONNECTING_COUNT_MAX,
  LOAD_FAULT_EXAMPLES_MAX,
  LOAD_LINGER_MS,
  LOAD_READ_BYTES,
  LOAD_SLOW_IN_FLIGHT,
  LOAD_SLOW_READ_BYTES,
} from "../util/limits.ts";
import { visibleInLine } from "../util/visible.ts";
import { ClosedLoop } from "./closed-loop.ts";
import {
  type Ending,
  FAULT_KINDS,
  type FaultKind,
  type FromThread,
  type Phase,
  type Sample,
  type ToThread,
} from "./contract.ts";
import { HeavyWatch } from "./heavy-watch.ts";
import { LineMemory } from "./line-memory.ts";
import { type ClientOwner, LoadClient } from "./load-client.ts";
import { LoadError } from "./load-error.ts";
import { NameCounts } from "./name-counts.ts";
import { OpenLoop } from "./open-loop.ts";
import { CommandChoice, type Pacer } from "./pacer.ts";
import { Patience } from "./patience.ts";
import { clientsOf, clientsTotal, type ThreadTask } from "./plan.ts";
import { Random } from "./random.ts";
import { Recorder } from "./recorder.ts";
import { SelfMeasure } from "./self-measure.ts";

const SAMPLE_PERIOD_MS = 1000;
const DRAIN_POLL_MS = 5;

/** Milliseconds since 1970 that nobody sets back meanwhile. */
const wallMs = (): number => performance.timeOrigin + performance.now();

export class LoadThread implements ClientOwner {
  readonly #task: ThreadTask;
  readonly #say: (message: FromThread) => void;
  readonly #recorder: Recorder;
  /** What slow readers wait is their own doing. */
  readonly #slowRecorder: Recorder;
  readonly #clients: readonly LoadClient[];
  readonly #slow: readonly LoadClient[];
  readonly #pacer: Pacer;
  readonly #choice: CommandChoice;
  readonly #slowRandom: Random;
  /** Undefined: the mix has no heavy commands. */
  readonly #heavy: HeavyWatch | undefined;
  readonly #lines = new LineMemory();
  readonly #self = new SelfMeasure();
  readonly #faults = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  readonly #examples: string[] = [];
  readonly #eventsByName = new NameCounts();
  #slowClosed = 0;
  #phase: Phase = "ramp";
  #hasStarted = false;
  #isDone = false;
  readonly #patience: Patience;
  /** Replies are not waited for any more. */
  #hasGivenUp = false;
  #isStopping = false;
  #sampleStartMs = wallMs();
  /** When a reply came last; where the plan counts, that is its end. */
  #answeredMs = wallMs();
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(task: ThreadTask, say: (message: FromThread) => void) {
    const { plan } = task;
    this.#task = task;
    this.#say = say;
    this.#recorder = new Recorder(plan.commands.length);
    this.#slowRecorder = new Recorder(plan.commands.length);
    this.#patience = new Patience(this.#recorder);
    this.#heavy = plan.commands.some(({ isHeavy }) => isHeavy) ? new HeavyWatch(task.heavy) : undefined;
    const numbers = clientsOf(task);
    this.#clients = this.#makeClients(
      numbers.filter((number) => number < plan.clients),
      false,
    );
    this.#slow = this.#makeClients(
      numbers.filter((number) => number >= plan.clients),
      true,
    );
    this.#choice = new CommandChoice(plan.commands);
    this.#slowRandom = new Random(plan.seed, clientsTotal(plan) + task.thread);
    this.#pacer =
      plan.ratePerSecond === undefined
        ? new ClosedLoop(plan, this.#clients, this.#choice)
        : new OpenLoop(plan, task.thread, this.#choice, () => this.#heavy?.mark() ?? 0);
  }

  /** Connects; with a ramp, what comes first, the rest in its time. */
  async connect(): Promise<void> {
    await this.#connectAll(this.#task.plan.rampMs > 0 ? this.#slow : [...this.#clients, ...this.#slow]);
    this.#say({ kind: "connected" });
  }

  receive(message: Exclude<ToThread, { readonly kind: "task" }>): void {
    switch (message.kind) {
      case "start":
        return this.#start();
      case "measure":
        return this.#measure();
      case "heavy":
        this.#choice.areHeavyAllowed = message.allowed;
        return;
      case "stop":
        return void this.#stop();
      case "give up":
        this.#hasGivenUp = true;
        return;
    }
  }

  // ---- ClientOwner ----

  room(client: LoadClient): void {
    if (client.isSlow) return this.#feedSlow(client);
    if (!this.#hasStarted) return;
    if (this.#counts) this.#answeredMs = wallMs();
    this.#pacer.room(client);
  }

  fault(kind: FaultKind, count: number, text: string): void {
    this.#faults[kind] += count;
    if (this.#examples.length < LOAD_FAULT_EXAMPLES_MAX)
      this.#examples.push(visibleInLine(`${kind}: ${text}`));
    if (kind === "disconnected" && this.#clients.every((client) => client.isGone)) this.#done();
  }

  slowReaderClosed(): void {
    this.#slowClosed++;
  }

  event(name: string): void {
    this.#eventsByName.add(name);
  }

  // ---- Start ----

  #makeClients(numbers: readonly number[], isSlow: boolean): LoadClient[] {
    const { plan } = this.#task;
    const bytes = isSlow ? LOAD_SLOW_READ_BYTES : LOAD_READ_BYTES;
    const parts = {
      commands: plan.commands,
      capabilities: plan.capabilities,
      clients: clientsTotal(plan),
      inFlight: isSlow ? LOAD_SLOW_IN_FLIGHT : plan.inFlight,
      isSlow,
      recorder: isSlow ? this.#slowRecorder : this.#recorder,
      heavy: this.#heavy,
      owner: this,
      buffer: Buffer.allocUnsafeSlow(bytes + 1),
      memory: this.#lines,
    };
    const { endpoints } = plan;
    return numbers.flatMap((number) => {
      const endpoint = endpoints[number % endpoints.length];
      return endpoint === undefined ? [] : [new LoadClient(number, endpoint, parts)];
    });
  }

  async #connectAll(clients: readonly LoadClient[]): Promise<void> {
    const waiting = [...clients].reverse();
    const connectInTurn = async (): Promise<void> => {
      for (let client = waiting.pop(); client !== undefined; client = waiting.pop()) await client.connect();
    };
    await Promise.all(Array.from({ length: LOAD_CONNECTING_COUNT_MAX }, connectInTurn));
  }

  #start(): void {
    const { plan } = this.#task;
    this.#hasStarted = true;
    this.#self.take();
    this.#sampleStartMs = wallMs();
    this.#timers.push(setInterval(() => this.#sample(wallMs()), SAMPLE_PERIOD_MS));
    if (plan.rampMs > 0) this.#ramp();
    if (plan.reconnectsPerSecond > 0) this.#startReconnects();
    if (!this.#counts) this.#startPacer();
    for (const client of this.#slow) this.#feedSlow(client);
  }

  /** The ramp is over.  What counts commands has waited for that, so that all of them are measured. */
  #measure(): void {
    if (this.#task.plan.rampMs > 0) {
      if (!this.#counts) this.#pacer.endRamp();
      this.#sample(wallMs());
    }
    this.#phase = "measure";
    if (!this.#counts) return;
    this.#startPacer();
    this.#watchForDone();
  }

  #startPacer(): void {
    this.#pacer.start();
    for (const client of this.#clients) this.#pacer.room(client);
  }

  get #counts(): boolean {
    return this.#task.plan.end.kind === "count";
  }

  #ramp(): void {
    const { clients, rampMs } = this.#task.plan;
    for (const client of this.#clients) {
      const delayMs = (client.number / clients) * rampMs;
      this.#timers.push(setTimeout(() => client.connect().catch((error) => this.#fail(error)), delayMs));
    }
  }

  /** One client after the other leaves and comes again. */
  #startReconnects(): void {
    const { reconnectsPerSecond, clients } = this.#task.plan;
    const ofThisThread = (reconnectsPerSecond * this.#clients.length) / clients;
    let next = 0;
    let due = 0;
    let lastMs = performance.now();
    const turn = (): void => {
      const nowMs = performance.now();
      due += ((nowMs - lastMs) / 1000) * ofThisThread;
      lastMs = nowMs;
      for (; due >= 1; due--) this.#clients[next++ % this.#clients.length]?.reconnect();
    };
    if (ofThisThread > 0)
      this.#timers.push(setInterval(turn, Math.max(1, Math.min(100, 500 / ofThisThread))));
  }

  /** A slow reader asks more than it reads, of light commands alone. */
  #feedSlow(client: LoadClient): void {
    if (!this.#hasStarted || this.#phase === "drain") return;
    const nowUs = performance.now() * 1000;
    for (let room = client.room; room > 0; room--) {
      const command = this.#choice.light(this.#slowRandom);
      if (command !== undefined) client.send(command, nowUs);
    }
    client.flush();
  }

  // ---- Samples and the end ----

  get #inFlight(): number {
    let sum = 0;
    for (const client of this.#clients) sum += client.inFlight;
    return sum;
  }

  /** Nothing is sent any more, and replies are missing; a run that counts may have all of its commands in flight. */
  get #isWaiting(): boolean {
    return this.#inFlight > 0 && (this.#phase === "drain" || (this.#counts && this.#patience.isTried));
  }

  get #patienceMs(): number {
    const replies = this.#clients.reduce((sum, client) => sum + client.replies, 0);
    return this.#patience.leftMs(performance.now(), replies);
  }

  #sample(endMs: number): void {
    const sample: Sample = {
      phase: this.#phase,
      startMs: this.#sampleStartMs,
      endMs,
      commands: this.#recorder.takeCommands(),
      connects: this.#recorder.takeConnects(),
      inFlight: this.#inFlight,
      patienceMs: this.#isWaiting ? Math.max(0, this.#patienceMs) : undefined,
      arrivals: this.#pacer.takeArrivals(),
      waiting: this.#pacer.waiting,
      load: this.#self.take(),
    };
    this.#sampleStartMs = endMs;
    this.#say({ kind: "sample", sample });
  }

  /** All is sent and answered; or nothing moves any more, as where a reply is lost. */
  #watchForDone(): void {
    const timer = setInterval(() => {
      if (this.#patienceMs + this.#pacer.pauseMs <= 0) this.#hasGivenUp = true;
      if (!this.#hasGivenUp && !(this.#pacer.isDone && this.#inFlight === 0)) return;
      clearInterval(timer);
      this.#done();
    }, DRAIN_POLL_MS);
    this.#timers.push(timer);
  }

  /** Nothing more is to be measured: all is sent and answered, or nobody is left to send. */
  #done(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (this.#counts && this.#phase === "measure") this.#endMeasure(this.#answeredMs);
    this.#say({ kind: "done" });
  }

  #endMeasure(endMs: number): void {
    this.#sample(Math.max(endMs, this.#sampleStartMs));
    this.#phase = "drain";
  }

  async #stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#pacer.stop();
    if (this.#phase !== "drain") this.#endMeasure(wallMs());
    while (this.#inFlight > 0 && !this.#hasGivenUp && this.#patienceMs > 0) await sleep(DRAIN_POLL_MS);
    // A second reply to the last commands would come now.
    await sleep(LOAD_LINGER_MS);
    for (const timer of this.#timers) clearInterval(timer);
    const eventsByClient = this.#clients.filter((client) => client.isUnbroken).map(({ events }) => events);
    for (const client of [...this.#clients, ...this.#slow]) client.close();
    this.#sample(wallMs());
    this.#self.stop();
    this.#say({ kind: "ended", ending: this.#ending(eventsByClient) });
  }

  #ending(eventsByClient: readonly number[]): Ending {
    return {
      faults: this.#faults,
      examples: this.#examples,
      eventsByClient,
      eventsByName: this.#eventsByName.take(),
      reconnects: this.#clients.reduce((sum, { reconnects }) => sum + reconnects, 0),
      slowReaders: {
        replies: this.#slow.reduce((sum, { replies }) => sum + replies, 0),
        closed: this.#slowClosed,
      },
      unsent: this.#pacer.unsent,
    };
  }

  #fail(error: unknown): void {
    this.#say({ kind: "failed", message: error instanceof LoadError ? error.message : String(error) });
  }
}
