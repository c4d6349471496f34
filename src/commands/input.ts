/**
 * Handlers of the schema module `ui` that are about input: keys, and pointers.
 */

import type { MachineHandle } from "../offload/contract.ts";
import type { InputEvent as MachineInput } from "../offload/pc-contract.ts";
import type { InputEvent, KeyValue, SendKeyArg, UiHandlers } from "../qapi/generated/ui.ts";
import type { CommandContext, PlainContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import type { Clock } from "../util/clock.ts";
import { KEY_HOLD_MS, TIMER_MS_MAX } from "../util/limits.ts";
import { findConsole } from "./consoles.ts";
import { keyCode } from "./key-codes.ts";
import { fromThread, machineValue } from "./results.ts";

type InputHandlers = Pick<
  UiHandlers<PlainContext, CommandContext>,
  "query-mice" | "send-key" | "input-send-event"
>;

export function inputHandlers(handle: MachineHandle, clock: Clock): InputHandlers {
  const typist = new Typist(handle, clock);
  return {
    "query-mice": {
      handle: () => fromThread(handle.pointers()),
    },
    "send-key": {
      // Those of all sessions are typed one after the other.
      resources: () => [{ resource: "keyboard", mode: "exclusive" }],
      handle: (args, context) => typist.type(args, context),
    },
    "input-send-event": {
      async handle({ device, head, events }) {
        if (device !== undefined) {
          const consoles = await fromThread(handle.consoles());
          findConsole(consoles, head === undefined ? { device } : { device, head });
        }
        if (handle.runState !== "running") throw new QmpError("VM not running");
        machineValue(await fromThread(handle.sendInput(events.map(machineInput))));
      },
    },
  };
}

function machineInput(event: InputEvent): MachineInput {
  switch (event.type) {
    case "key":
      return keyEvent(event.data.key, event.data.down);
    case "btn":
      return { kind: "btn", button: event.data.button, isDown: event.data.down };
    case "rel":
    case "abs":
      return { kind: event.type, axis: event.data.axis, value: Number(event.data.value) };
  }
}

function keyEvent(key: KeyValue, isDown: boolean): MachineInput {
  return { kind: "key", code: keyCode(key), isDown };
}

/**
 * Types what `send-key` is told to: between two steps, a key pressed or let go, the hold time goes by.  Then the keys rest
 * for a moment before the next command's, so that a guest which looks at them now and then misses nothing.
 * Whatever happens, a key that was pressed is let go.
 */
class Typist {
  readonly #handle: MachineHandle;
  readonly #clock: Clock;
  /** Until then the keys that were let go last stay so. */
  #restsUntilMs = 0;

  constructor(handle: MachineHandle, clock: Clock) {
    this.#handle = handle;
    this.#clock = clock;
  }

  async type({ keys, "hold-time": holdTime = 0 }: SendKeyArg, context: CommandContext): Promise<void> {
    if (!(holdTime >= 0 && holdTime <= TIMER_MS_MAX)) {
      throw new QmpError(`Parameter 'hold-time' expects a number of milliseconds from 0 to ${TIMER_MS_MAX}`);
    }
    const holdMs = Number(holdTime) || KEY_HOLD_MS;
    if (keys.length === 0 || !this.#isHeard) return;
    // Keys that are held are gone with the thread that dies: another one's machine has not heard of them.
    const { threadSignal } = this.#handle;
    const signals = [context.signal, threadSignal];
    await fromThread(this.#elapsed(this.#restsUntilMs - this.#clock.nowMs(), signals));
    const total = 2 * keys.length;
    const held: KeyValue[] = [];
    try {
      for (const key of keys) {
        // As in QEMU, what is typed while the machine does not run is not heard.
        if (!this.#isHeard) break;
        machineValue(await fromThread(this.#handle.sendInput([keyEvent(key, true)])));
        held.push(key);
        context.progress({ current: held.length, total });
        await fromThread(this.#elapsed(holdMs, signals));
      }
      while (held.length > 1) {
        await this.#letGo(held.splice(-1));
        context.progress({ current: total - held.length, total });
        await fromThread(this.#elapsed(holdMs, signals));
      }
    } finally {
      if (held.length > 0 && !threadSignal.aborted) await this.#letGo(held.reverse());
      this.#restsUntilMs = this.#clock.nowMs() + Math.min(holdMs, KEY_HOLD_MS);
    }
  }

  /** Whether the machine has a keyboard, and its guest runs. */
  get #isHeard(): boolean {
    return this.#handle.config.type === "pc" && this.#handle.runState === "running";
  }

  /** Also of a guest that stands still: it would find the keys held for ever. */
  async #letGo(keys: readonly KeyValue[]): Promise<void> {
    machineValue(await fromThread(this.#handle.sendInput(keys.map((key) => keyEvent(key, false)))));
  }

  /** Settles after `ms`, at once if that is nothing, or with the reason of a signal that fires first. */
  async #elapsed(ms: number, signals: readonly AbortSignal[]): Promise<void> {
    for (const signal of signals) signal.throwIfAborted();
    if (ms <= 0) return;
    let stop = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = this.#clock.startTimer(ms, resolve);
        const abort = (event: Event): void => reject((event.target as AbortSignal).reason);
        for (const signal of signals) signal.addEventListener("abort", abort);
        stop = () => {
          timer.cancel();
          for (const signal of signals) signal.removeEventListener("abort", abort);
        };
      });
    } finally {
      stop();
    }
  }
}
