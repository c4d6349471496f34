/**
 * The block nodes of one machine, by name: what `blockdev-add` makes, and what is made along with it.
 *
 *     options ---open, child and files first---> opened ---add---> in the graph ---remove---> closed
 *                        '--failure, cancel: what is open is closed again--------------------^
 *
 * Invariants:
 *  - nobody sees a node before all of what was asked for is open, and nothing of it is left otherwise;
 *  - a node is in the graph while the monitor owns it, another node has it for a child, or a drive has it;
 *  - two additions that name the same node do not run at the same time: the caller claims the names of all
 *    nodes in `options` exclusively (`nodeNames`), those that it refers to shared.
 */

import type { BlockDeviceInfo, BlockdevOptions, BlockdevRef } from "../qapi/generated/block-core.ts";
import { QmpError } from "../qmp/errors.ts";
import { assert } from "../util/assert.ts";
import { BLOCK_NODES_COUNT_MAX } from "../util/limits.ts";
import { type BlockFiles, type BlockNode, closeFiles } from "./block-node.ts";
import { BlockOpening } from "./block-opening.ts";

export interface NodeNames {
  readonly made: ReadonlySet<string>;
  readonly referred: ReadonlySet<string>;
}

/** The names in `options`, at any depth; a name is in one of the two sets. */
export function nodeNames(options: BlockdevOptions): NodeNames {
  const made = new Set<string>();
  const referred = new Set<string>();
  let ref: BlockdevRef | undefined = options;
  while (typeof ref === "object") {
    const name = ref["node-name"];
    if (name !== undefined) made.add(name);
    ref = childOf(ref);
  }
  if (ref !== undefined && !made.has(ref)) referred.add(ref);
  return { made, referred };
}

function childOf(options: BlockdevOptions): BlockdevRef | undefined {
  if (options.driver === "raw") return options.file;
  return options.driver === "blkdebug" ? options.image : undefined;
}

export class BlockGraph {
  readonly #files: BlockFiles;
  /** In the order in which they got their names. */
  readonly #nodes = new Map<string, BlockNode>();
  #anonymousCount = 0;
  #closed = false;

  constructor(files: BlockFiles) {
    this.#files = files;
  }

  /** Makes the node that `options` describe, and those inside it.  Rejects with `QmpError`. */
  async add(options: BlockdevOptions, signal: AbortSignal): Promise<void> {
    if (options["node-name"] === undefined) {
      throw new QmpError("'node-name' must be specified for the root node");
    }
    const opening = new BlockOpening({
      files: this.#files,
      find: (name) => this.#nodes.get(name),
      newName: () => `#block${String(this.#anonymousCount++).padStart(3, "0")}`,
      release: (node) => this.#release(node),
      signal,
    });
    try {
      const opened = await opening.open(options);
      signal.throwIfAborted();
      if (this.#closed) throw new QmpError("The machine has ended");
      if (this.#nodes.size + opened.length > BLOCK_NODES_COUNT_MAX)
        throw new QmpError("Too many block nodes");
      for (const node of opened) this.#insert(node);
    } catch (error) {
      await opening.abandon();
      throw error;
    }
  }

  /** Removes a node, and those that were made for it alone.  Rejects with `QmpError`. */
  async remove(name: string): Promise<void> {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new QmpError(`Failed to find node with node-name='${name}'`);
    if (node.isInDrive) throw new QmpError(`Node ${name} is in use`);
    if (!node.ownedByMonitor) throw new QmpError(`Node ${name} is not owned by the monitor`);
    if (node.parentCount > 0) throw new QmpError(`Block device ${name} is in use`);
    await closeFiles(this.#take(node));
  }

  /** The newest first, as QEMU lists them. */
  info(): BlockDeviceInfo[] {
    return Array.from(this.#nodes.values(), (node) => node.info()).reverse();
  }

  find(name: string): BlockNode | undefined {
    return this.#nodes.get(name);
  }

  /** A drive is about to have this node, which is there until {@link letGo}.  Throws `QmpError`. */
  hold(name: string): BlockNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new QmpError(`Node '${name}' not found`);
    if (node.isInDrive) throw new QmpError(`Node '${name}' is already in use`);
    node.isInDrive = true;
    node.parentCount++;
    return node;
  }

  async letGo(node: BlockNode): Promise<void> {
    node.isInDrive = false;
    await this.#release(node);
  }

  /** Closes all files.  Nothing is added afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    const nodes = [...this.#nodes.values()];
    this.#nodes.clear();
    await closeFiles(nodes);
  }

  #insert(node: BlockNode): void {
    const { name } = node.description;
    assert(!this.#nodes.has(name), "names are claimed while nodes are opened");
    this.#nodes.set(name, node);
  }

  async #release(child: BlockNode): Promise<void> {
    if (--child.parentCount === 0 && !child.ownedByMonitor) await closeFiles(this.#take(child));
  }

  /** Takes a node out of the graph, and each child that nobody holds any more. */
  #take(node: BlockNode): BlockNode[] {
    const taken: BlockNode[] = [];
    for (let next: BlockNode | undefined = node; next !== undefined; ) {
      const { name, child }: BlockNode["description"] = next.description;
      this.#nodes.delete(name);
      taken.push(next);
      next = child !== undefined && --child.parentCount === 0 && !child.ownedByMonitor ? child : undefined;
    }
    return taken;
  }
}
