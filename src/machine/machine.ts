/**
 * A machine: its run state, its displays and its tree of objects.
 *
 * It lives in a machine thread and does nothing by itself: time is read when somebody asks.
 */

import type { Clock } from "../util/clock.ts";
import { checkMachineConfig, type MachineConfig } from "./config.ts";
import { createDisplay, type Defer, type DisplayHead } from "./display.ts";
import { type QomObject, type QomProperty, type QomValue, qomGet, qomList, qomSet } from "./qom.ts";
import { QomTree } from "./qom-tree.ts";
import { RunControl, type RunState } from "./run-state.ts";

/** A head, which has one console. */
export interface MachineHead {
  /** The id of its device, if it has one. */
  readonly deviceId: string | undefined;
  /** The QOM path of its device. */
  readonly devicePath: string;
  /** Its number among the device's heads. */
  readonly head: number;
  readonly display: DisplayHead;
}

export class Machine {
  readonly run: RunControl;
  /** All heads; a head's place in the row is its console's number. */
  readonly heads: readonly MachineHead[];
  readonly #qomRoot: QomObject;

  /** Throws `MachineConfigError` when `config` does not describe a machine. */
  constructor(config: MachineConfig, initialState: RunState, clock: Clock, defer: Defer) {
    checkMachineConfig(config);
    this.run = new RunControl(clock, initialState);
    const tree = new QomTree(config.type);
    this.#qomRoot = tree.root;
    this.heads = config.displays.flatMap((display) => {
      const device = createDisplay(display, this.run, defer);
      const devicePath = tree.addDisplay(display, device);
      return device.heads.map((head, number) => ({
        deviceId: display.id,
        devicePath,
        head: number,
        display: head,
      }));
    });
  }

  /** These three throw `MachineError` with QEMU's sentence. */
  qomList(path: string): QomProperty[] {
    return qomList(this.#qomRoot, path);
  }

  qomGet(path: string, property: string): QomValue {
    return qomGet(this.#qomRoot, path, property);
  }

  qomSet(path: string, property: string, value: QomValue): void {
    qomSet(this.#qomRoot, path, property, value);
  }
}
