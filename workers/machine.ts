/**
 * Entry of a machine thread: receives calls, asks its machines, answers.
 */

import { randomInt } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { expose } from "comlink";
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs";
import { MachineError } from "../src/machine/error.ts";
import { Machine } from "../src/machine/machine.ts";
import { qomListTypes } from "../src/machine/qom-types.ts";
import type { MachineEvent, RunControl } from "../src/machine/run-state.ts";
import type {
  CapturedFrame,
  MachineConfig,
  MachineResult,
  MachineRunState,
  MachineThread,
  QomProperty,
  QomTypeInfo,
  QomValue,
  VerbOutcome,
} from "../src/offload/contract.ts";
import { lowerPriority } from "../src/offload/low-priority.ts";
import { Console } from "../src/ui/console.ts";
import { assert } from "../src/util/assert.ts";
import { systemClock } from "../src/util/clock.ts";

interface HostedMachine {
  readonly machine: Machine;
  readonly consoles: readonly Console[];
}

class MachineService implements MachineThread {
  readonly #machines = new Map<number, HostedMachine>();
  #nextNumber = 0;

  async ready(): Promise<void> {}

  async create(config: MachineConfig, initialState: MachineRunState): ReturnType<MachineThread["create"]> {
    const machine = new Machine(config, initialState, systemClock, setImmediate);
    const number = this.#nextNumber++;
    this.#machines.set(number, {
      machine,
      consoles: machine.heads.map(({ display }) => new Console(display, randomInt(1, 2 ** 31))),
    });
    const consoles = machine.heads.map(({ display, deviceId, devicePath, head }, index) => {
      const { width, height } = display.surface;
      return { index, deviceId, devicePath, head, width, height };
    });
    return { machine: number, consoles };
  }

  async destroy(number: number): Promise<void> {
    for (const console of this.#find(number).consoles) console.close();
    this.#machines.delete(number);
  }

  async cont(number: number): Promise<MachineResult<VerbOutcome>> {
    return this.#control(number, (run) => run.cont());
  }

  async stop(number: number): Promise<MachineResult<VerbOutcome>> {
    return this.#control(number, (run) => run.stop());
  }

  async reset(number: number): Promise<MachineResult<VerbOutcome>> {
    return this.#control(number, (run) => run.reset());
  }

  async powerdown(number: number): Promise<MachineResult<VerbOutcome>> {
    return this.#control(number, (run) => run.powerdown());
  }

  async capture(
    number: number,
    index: number,
    reuse: WebAssembly.Memory | undefined,
  ): Promise<CapturedFrame> {
    const console = this.#find(number).consoles[index];
    assert(console !== undefined, "consoles are told by their number");
    return console.capture(reuse);
  }

  async qomList(number: number, path: string): Promise<MachineResult<readonly QomProperty[]>> {
    return answer(() => this.#find(number).machine.qomList(path));
  }

  async qomGet(number: number, path: string, property: string): Promise<MachineResult<QomValue>> {
    return answer(() => this.#find(number).machine.qomGet(path, property));
  }

  async qomSet(
    number: number,
    path: string,
    property: string,
    value: QomValue,
  ): Promise<MachineResult<void>> {
    return answer(() => this.#find(number).machine.qomSet(path, property, value));
  }

  async qomListTypes(implementing: string | undefined, abstract: boolean): Promise<readonly QomTypeInfo[]> {
    return qomListTypes(implementing, abstract);
  }

  #control(number: number, verb: (run: RunControl) => readonly MachineEvent[]): MachineResult<VerbOutcome> {
    const { run } = this.#find(number).machine;
    return answer(() => {
      const events = verb(run);
      return { events, runState: run.state };
    });
  }

  #find(number: number): HostedMachine {
    const hosted = this.#machines.get(number);
    assert(hosted !== undefined, "a machine is not used after it was destroyed");
    return hosted;
  }
}

/** A `MachineError` is the client's, and travels as a value; anything else is a defect, and rejects the call. */
function answer<T>(question: () => T): MachineResult<T> {
  try {
    return { ok: true, value: question() };
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    return { ok: false, errorClass: error.errorClass, desc: error.message };
  }
}

assert(parentPort !== null, "this file is a thread's entry");
lowerPriority();
expose(new MachineService(), nodeEndpoint(parentPort));
