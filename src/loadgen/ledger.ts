/** What one client has sent, and what has come of it: each request gets its reply, and each reply is measured, or a fault is told. */

import type { FaultKind } from "./contract.ts";
import type { HeavyWatch } from "./heavy-watch.ts";
import { InFlight } from "./in-flight.ts";
import type { PlannedCommand } from "./plan.ts";
import type { Recorder } from "./recorder.ts";

/** What the clients of a thread have in common. */
export interface LedgerParts {
  readonly commands: readonly PlannedCommand[];
  /** All clients of the run, of all threads: ids are shared out among them. */
  readonly clients: number;
  /** Requests without a reply, at most. */
  readonly inFlight: number;
  readonly recorder: Recorder;
  readonly heavy: HeavyWatch | undefined;
}

export class Ledger {
  readonly #parts: LedgerParts;
  readonly #inFlight: InFlight;
  readonly #fault: (kind: FaultKind, count: number, text: string) => void;
  /** When the replies that are being looked at came. */
  nowUs = 0;
  replies = 0;

  constructor(
    number: number,
    parts: LedgerParts,
    fault: (kind: FaultKind, count: number, text: string) => void,
  ) {
    this.#parts = parts;
    this.#fault = fault;
    const lanes = parts.commands.map(({ lane }) => lane);
    this.#inFlight = new InFlight(number, parts.clients, parts.inFlight, lanes);
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** A command is sent; answers its id. */
  add(command: number, startUs: number, heavyMark?: number): number {
    const { heavy, recorder, commands } = this.#parts;
    let mark = 0;
    if (heavy !== undefined) {
      if (commands[command]?.isHeavy) heavy.started();
      else mark = heavyMark ?? heavy.mark();
    }
    recorder.sent(command);
    return this.#inFlight.add(command, startUs, mark);
  }

  /** Takes a reply; answers whether it had its request. */
  answer(id: unknown): boolean {
    if (typeof id !== "number") {
      this.#fault("foreign", 1, `a reply came whose id was never sent: ${JSON.stringify(id) ?? "none"}`);
      return false;
    }
    const inFlight = this.#inFlight;
    const verdict = inFlight.answer(id);
    if (verdict === "doubled" || verdict === "foreign") {
      const how =
        verdict === "doubled" ? "a second reply came for" : "a reply came whose id was never sent here:";
      this.#fault(verdict, 1, `${how} id ${id}`);
      return false;
    }
    this.replies++;
    const { recorder, heavy, commands } = this.#parts;
    const { command } = inFlight;
    let isBeside = false;
    if (heavy !== undefined) {
      if (commands[command]?.isHeavy) heavy.ended();
      else isBeside = heavy.wasBeside(inFlight.mark);
    }
    recorder.answered(command, this.nowUs - inFlight.startUs, isBeside);
    if (verdict === "misordered") {
      const name = commands[command]?.name;
      this.#fault(verdict, 1, `the reply to id ${id} (${name}) came after that to a later command`);
    }
    return true;
  }

  /** Takes a reply that is an error. */
  fail(id: unknown, errorClass: string, desc: string): void {
    if (this.answer(id)) this.#parts.recorder.failed(this.#inFlight.command, errorClass, desc);
  }

  /** Nothing more will come: what has no reply is lost, for the reason `how`.  `undefined`: that is no fault. */
  loseAll(how: string | undefined): void {
    const lost = this.#inFlight.drop();
    const { heavy, commands } = this.#parts;
    for (const { command } of lost) if (commands[command]?.isHeavy) heavy?.ended();
    const [first] = lost;
    if (first === undefined || how === undefined) return;
    const name = commands[first.command]?.name;
    const more = lost.length === 1 ? "" : `, and ${lost.length - 1} more,`;
    this.#fault("lost", lost.length, `id ${first.id} (${name})${more} ${how}`);
  }
}
