/**
 * Which block node is in which drive.
 *
 * Commands that change what is in a drive take turns, for the machine's thread may answer two of them in another order
 * than that in which it acted: during a reset they wait there, and go on at once.
 */

import type { MachineHandle } from "../offload/contract.ts";
import type { DriveName, NodeContents } from "../offload/pc-contract.ts";
import type { ResourceClaim } from "../qapi/runtime/command.ts";
import { QmpError } from "../qmp/errors.ts";
import type { BlockGraph } from "./block-graph.ts";
import type { BlockNode } from "./block-node.ts";
import { fromThread, machineValue } from "./results.ts";

export const driveClaim = (mode: ResourceClaim["mode"]): ResourceClaim => ({ resource: "drives", mode });

export class DriveNodes {
  readonly #graph: BlockGraph;
  readonly #nodes = new Map<DriveName, BlockNode>();
  /** Of the thread that has the drives. */
  #threadSignal: AbortSignal | undefined;

  constructor(graph: BlockGraph) {
    this.#graph = graph;
  }

  in(drive: DriveName): BlockNode | undefined {
    return this.#nodes.get(drive);
  }

  /** Rejects with `QmpError`, in QEMU's words. */
  async insert(handle: MachineHandle, drive: DriveName, name: string): Promise<void> {
    // Held before the thread is asked: what it opens must not be closed meanwhile.
    const node = this.#graph.hold(name);
    try {
      machineValue(await fromThread(handle.insertNode(drive, contentsOf(node))));
    } catch (error) {
      await this.#graph.letGo(node);
      throw error;
    }
    this.#nodes.set(drive, node);
    this.#emptyWhenLost(handle.threadSignal);
  }

  /** A thread that takes the place of a dead one has in its drives what the machine was started with. */
  #emptyWhenLost(signal: AbortSignal): void {
    if (signal === this.#threadSignal) return;
    this.#threadSignal = signal;
    const empty = (): void =>
      void Promise.all(Array.from(this.#nodes.keys(), (drive) => this.takenOut(drive)));
    signal.addEventListener("abort", empty, { once: true });
  }

  /** What was in the drive is not there any more. */
  async takenOut(drive: DriveName): Promise<void> {
    const node = this.#nodes.get(drive);
    this.#nodes.delete(drive);
    if (node !== undefined) await this.#graph.letGo(node);
  }
}

/** Throws `QmpError` for a node whose driver does what no drive would notice. */
function contentsOf(node: BlockNode): NodeContents {
  const { name, sizeBytes } = node.description;
  let offsetBytes = 0n;
  let isReadOnly = false;
  let leaf = node;
  for (let next: BlockNode | undefined = node; next !== undefined; next = next.description.child) {
    const { description } = next;
    if (description.rules.length > 0)
      throw new QmpError(
        `Node '${name}' cannot be in a drive: '${description.name}' has rules, which no drive obeys`,
      );
    offsetBytes += description.offsetBytes;
    isReadOnly ||= description.readOnly;
    leaf = next;
  }
  const descriptor = leaf.description.file?.descriptor;
  return {
    file: node.filename,
    sizeBytes: Number(sizeBytes),
    isReadOnly,
    part: descriptor === undefined ? undefined : { descriptor, offsetBytes: Number(offsetBytes) },
  };
}
