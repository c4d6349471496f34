/**
 * One `blockdev-add` under way: opens a node and the nodes inside it, in QEMU's order, which decides the
 * error that a client sees.  `raw` opens its child before it gets its own name, `blkdebug` after.
 */

import { BlockFileError } from "../offload/block-files.ts";
import type { BlockdevOptions, BlockdevRef } from "../qapi/generated/block-core.ts";
import { QmpError } from "../qmp/errors.ts";
import { assertNever } from "../util/assert.ts";
import {
  BLOCK_FILENAME_CHARS_MAX,
  BLOCK_LENGTH_BYTES_MAX,
  BLOCK_NODE_NAME_CHARS_MAX,
} from "../util/limits.ts";
import { type BlkdebugRule, parseBlkdebugConfig } from "./blkdebug-config.ts";
import {
  type BlockFile,
  type BlockFiles,
  BlockNode,
  closeFiles,
  type NodeDescription,
  optionsText,
} from "./block-node.ts";

type Options<Driver> = Extract<BlockdevOptions, { driver: Driver }>;

const NULL_SIZE_BYTES = 2n ** 30n;
const SECTOR_BYTES = 512n;

export interface OpeningPorts {
  readonly files: BlockFiles;
  readonly signal: AbortSignal;
  /** A node that exists. */
  find(name: string): BlockNode | undefined;
  /** Takes back one of a node's parents: the one that was to be. */
  release(node: BlockNode): Promise<void>;
  /** A name for a node that was given none. */
  newName(): string;
}

export class BlockOpening {
  readonly #ports: OpeningPorts;
  /** Names in the order in which they were given out; a name has no node until that is open. */
  readonly #nodes = new Map<string, BlockNode | undefined>();
  #root: BlockdevOptions | undefined;
  /** The node that was there before and is a child now. */
  #referred: BlockNode | undefined;

  constructor(ports: OpeningPorts) {
    this.#ports = ports;
  }

  /** The new nodes, in the order in which they got their names.  Called once. */
  async open(options: BlockdevOptions): Promise<BlockNode[]> {
    this.#root = options;
    await this.#open(options, false);
    return this.#opened();
  }

  /** Closes what was opened, and lets go of the node that was referred to. */
  async abandon(): Promise<void> {
    await closeFiles(this.#opened());
    if (this.#referred !== undefined) await this.#ports.release(this.#referred);
  }

  #opened(): BlockNode[] {
    return [...this.#nodes.values()].filter((node) => node !== undefined);
  }

  /** `readOnly`: what a node is that does not say. */
  async #open(options: BlockdevOptions, readOnly: boolean): Promise<BlockNode> {
    const description = await this.#describe(options, options["read-only"] ?? readOnly);
    const node = new BlockNode(description, options === this.#root);
    // Registered before anything can fail, so that `abandon` knows of its file.
    this.#nodes.set(description.name, node);
    if (node.lengthBytes > BLOCK_LENGTH_BYTES_MAX) {
      throw new QmpError("Could not refresh total sector count: File too large");
    }
    return node;
  }

  #describe(options: BlockdevOptions, readOnly: boolean): Promise<NodeDescription> {
    switch (options.driver) {
      case "null-co":
        return this.#null(options, readOnly);
      case "file":
        return this.#file(options, readOnly);
      case "raw":
        return this.#raw(options, readOnly);
      case "blkdebug":
        return this.#blkdebug(options, readOnly);
      default:
        return assertNever(options);
    }
  }

  async #null(options: Options<"null-co">, readOnly: boolean): Promise<NodeDescription> {
    const name = this.#takeName(options);
    const { driver, size } = options;
    return {
      ...LEAF,
      name,
      driver,
      readOnly,
      sizeBytes: nonNegative("size", size) ?? NULL_SIZE_BYTES,
      allocatedBytes: 0,
      exactFilename: size === undefined ? "null-co://" : undefined,
      optionsText: optionsText([
        ["driver", driver],
        ["size", size],
      ]),
    };
  }

  async #file(options: Options<"file">, readOnly: boolean): Promise<NodeDescription> {
    const { driver, filename } = options;
    if (filename === "") throw new QmpError("The 'file' block driver requires a file name");
    const name = this.#takeName(options);
    const file = await this.#openFile(filename, readOnly);
    return {
      ...LEAF,
      name,
      driver,
      readOnly,
      sizeBytes: BigInt(file.sizeBytes),
      allocatedBytes: file.allocatedBytes,
      exactFilename: filename.length <= BLOCK_FILENAME_CHARS_MAX ? filename : undefined,
      optionsText: optionsText([
        ["driver", driver],
        ["filename", filename],
      ]),
      file,
    };
  }

  async #raw(options: Options<"raw">, readOnly: boolean): Promise<NodeDescription> {
    const child = await this.#child(options.file, readOnly, "file", undefined);
    const name = this.#takeName(options);
    const { driver, offset, size } = options;
    // A file's name stands for all of it, in one `raw`: that is what opening it by this name would make.
    const isPlain = offset === undefined && size === undefined && child.description.driver !== "raw";
    return {
      ...LEAF,
      name,
      driver,
      readOnly,
      sizeBytes: rawSizeBytes(options, child.lengthBytes),
      offsetBytes: BigInt(offset ?? 0),
      allocatedBytes: child.description.allocatedBytes,
      exactFilename: isPlain ? child.description.exactFilename : undefined,
      optionsText: optionsText([
        ["offset", offset],
        ["driver", driver],
        ["size", size],
        ["file", child],
      ]),
      child,
    };
  }

  async #blkdebug(options: Options<"blkdebug">, readOnly: boolean): Promise<NodeDescription> {
    const name = this.#takeName(options);
    const { driver, config } = options;
    const rules = config === undefined ? [] : await this.#readRules(config);
    const child = await this.#child(options.image, readOnly, "image", name);
    const below = child.description.exactFilename;
    const exact = below === undefined ? undefined : `blkdebug:${config ?? ""}:${below}`;
    return {
      ...LEAF,
      name,
      driver,
      readOnly,
      sizeBytes: child.lengthBytes,
      exactFilename: exact !== undefined && exact.length <= BLOCK_FILENAME_CHARS_MAX ? exact : undefined,
      optionsText: optionsText([
        ["image", child],
        ["driver", driver],
        ["config", config],
      ]),
      child,
      rules,
    };
  }

  /** The node that `ref` names or describes.  `parent`: the name of the node it is for, if that has one yet. */
  async #child(
    ref: BlockdevRef,
    readOnly: boolean,
    role: string,
    parent: string | undefined,
  ): Promise<BlockNode> {
    this.#ports.signal.throwIfAborted();
    const node = typeof ref === "string" ? this.#refer(ref, role, parent) : await this.#open(ref, readOnly);
    // Counted at once: its other parents may go while this one is still being opened.
    node.parentCount++;
    return node;
  }

  #refer(ref: string, role: string, parent: string | undefined): BlockNode {
    this.#referred = this.#ports.find(ref);
    if (this.#referred !== undefined) return this.#referred;
    if (this.#nodes.has(ref)) {
      throw new QmpError(`Making '${ref}' a ${role} child of '${parent ?? ref}' would create a cycle`);
    }
    throw new QmpError(`Cannot find device='${ref}' nor node-name='${ref}'`);
  }

  #takeName(options: BlockdevOptions): string {
    const given = options["node-name"];
    const name = given ?? this.#ports.newName();
    if (given !== undefined) {
      if (!/^[A-Za-z][A-Za-z0-9._-]*$/.test(given)) throw new QmpError(`Invalid node-name: '${given}'`);
      if (this.#ports.find(given) !== undefined || this.#nodes.has(given)) {
        throw new QmpError(`Duplicate nodes with node-name='${given}'`);
      }
      if (given.length > BLOCK_NODE_NAME_CHARS_MAX) throw new QmpError("Node name too long");
    }
    this.#nodes.set(name, undefined);
    return name;
  }

  async #openFile(filename: string, readOnly: boolean): Promise<BlockFile> {
    try {
      return await this.#ports.files.open(filename, readOnly);
    } catch (error) {
      if (!(error instanceof BlockFileError)) throw error;
      const desc =
        error.step === "kind"
          ? `'file' driver requires '${filename}' to be a regular file`
          : `Could not open '${filename}': ${error.message}`;
      throw new QmpError(desc, "GenericError", { cause: error });
    }
  }

  async #readRules(config: string): Promise<BlkdebugRule[]> {
    let text: string;
    try {
      text = await this.#ports.files.readText(config, this.#ports.signal);
    } catch (error) {
      if (!(error instanceof BlockFileError)) throw error;
      const what = error.step === "open" ? "Could not read blkdebug config file" : "Cannot read config file";
      throw new QmpError(`${what}: ${error.message}`, "GenericError", { cause: error });
    }
    return parseBlkdebugConfig(text);
  }
}

/** What most nodes do not have. */
const LEAF = { allocatedBytes: undefined, offsetBytes: 0n, child: undefined, file: undefined, rules: [] };

/** The size of a part of a disk of `lengthBytes`. */
function rawSizeBytes(options: Options<"raw">, lengthBytes: bigint): bigint {
  const offset = nonNegative("offset", options.offset) ?? 0n;
  const size = nonNegative("size", options.size);
  if (offset > lengthBytes) {
    throw new QmpError(
      `Offset (${offset}) cannot be greater than size of the containing file (${lengthBytes})`,
    );
  }
  if (size === undefined) return lengthBytes - offset;
  if (size > lengthBytes - offset) {
    throw new QmpError(
      `The sum of offset (${offset}) and size (${size}) has to be smaller or equal to the ` +
        ` actual size of the containing file (${lengthBytes})`,
    );
  }
  if (size % SECTOR_BYTES !== 0n) throw new QmpError(`Specified size is not multiple of ${SECTOR_BYTES}`);
  return size;
}

function nonNegative(name: string, value: number | bigint | undefined): bigint | undefined {
  if (value !== undefined && value < 0) {
    throw new QmpError(`Parameter '${name}' expects a non-negative number below 2^64`);
  }
  return value === undefined ? undefined : BigInt(value);
}
