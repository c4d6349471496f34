/**
 * One block node: a driver with its options, open.
 *
 * A node has at most one child, the node that it passes everything on to.  It is told by three texts, as in
 * QEMU: `exactFilename`, where a file name alone describes it; `optionsText`, all options that decide its
 * contents, as JSON; `filename`, the first where there is one, else the second as a pseudo protocol.
 */

import type { BlockDeviceInfo, BlockdevDriver } from "../qapi/generated/block-core.ts";
import { printJson } from "../qjson/print.ts";
import { BLOCK_FILENAME_CHARS_MAX } from "../util/limits.ts";
import type { BlkdebugRule } from "./blkdebug-config.ts";

const SECTOR_BYTES = 512n;

/** A file that a node holds open. */
export interface BlockFile {
  readonly sizeBytes: number;
  /** What it takes on the file system. */
  readonly allocatedBytes: number;
  /** By which this process knows it. */
  readonly descriptor: number;
  close(): Promise<void>;
}

/** How the graph reaches files.  No call blocks a thread, whatever the file is (rule C8). */
export interface BlockFiles {
  /** Opens a regular file.  Rejects with `BlockFileError`. */
  open(filename: string, readOnly: boolean): Promise<BlockFile>;
  /**
   * The text of a small file of any kind; of a FIFO it is complete when the writers have closed it.
   * Rejects with `BlockFileError`, and with the signal's reason as soon as it fires.
   */
  readText(filename: string, signal: AbortSignal): Promise<string>;
}

/** What a driver knows of a node that it has opened. */
export interface NodeDescription {
  readonly name: string;
  readonly driver: BlockdevDriver;
  readonly readOnly: boolean;
  /** The disk's size in bytes. */
  readonly sizeBytes: bigint;
  /** What it takes of the host's space, where that is known. */
  readonly allocatedBytes: number | undefined;
  /** Where it begins in its child. */
  readonly offsetBytes: bigint;
  readonly exactFilename: string | undefined;
  readonly optionsText: string;
  readonly child: BlockNode | undefined;
  /** Held open for as long as the node exists. */
  readonly file: BlockFile | undefined;
  readonly rules: readonly BlkdebugRule[];
}

export class BlockNode {
  readonly description: NodeDescription;
  /** Nodes that have this one for a child, or will when they are open; and the drive. */
  parentCount = 0;
  /** One of the machine's drives has it, or is about to. */
  isInDrive = false;
  /** Whether `blockdev-add` made it: the monitor is its owner, and nobody but `blockdev-del` ends it. */
  readonly ownedByMonitor: boolean;

  constructor(description: NodeDescription, ownedByMonitor: boolean) {
    this.description = description;
    this.ownedByMonitor = ownedByMonitor;
  }

  /** The disk's size as others see it: whole sectors. */
  get lengthBytes(): bigint {
    return ((this.description.sizeBytes + SECTOR_BYTES - 1n) / SECTOR_BYTES) * SECTOR_BYTES;
  }

  /** How it is told. */
  get filename(): string {
    const { exactFilename, optionsText } = this.description;
    return exactFilename ?? cut(`json:${optionsText}`, BLOCK_FILENAME_CHARS_MAX);
  }

  info(): BlockDeviceInfo {
    const { name, driver, readOnly, allocatedBytes } = this.description;
    const { filename } = this;
    return {
      iops_rd: 0,
      detect_zeroes: "off",
      image: {
        "virtual-size": integer(this.lengthBytes),
        filename,
        format: driver,
        ...(allocatedBytes !== undefined && { "actual-size": allocatedBytes }),
      },
      iops_wr: 0,
      ro: readOnly,
      "node-name": name,
      backing_file_depth: 0,
      drv: driver,
      iops: 0,
      bps_wr: 0,
      write_threshold: 0,
      encrypted: false,
      bps: 0,
      bps_rd: 0,
      cache: { "no-flush": false, direct: false, writeback: true },
      file: filename,
    };
  }
}

/** Closes the files of nodes that are in no graph. */
export async function closeFiles(nodes: readonly BlockNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.description.file?.close()));
}

/**
 * Options as one JSON object, in this order; those that are `undefined` are left out.  A `BlockNode` stands
 * for its own options.  Of a long text only the beginning is kept that `filename` can show, or a chain of
 * nodes would be told at a length that grows with the square of its own.
 */
export function optionsText(options: readonly (readonly [string, OptionValue])[]): string {
  const members: string[] = [];
  for (const [name, value] of options) {
    if (value === undefined) continue;
    const text = value instanceof BlockNode ? value.description.optionsText : printJson(value);
    members.push(`${printJson(name)}: ${text}`);
  }
  return `{${members.join(", ")}}`.slice(0, BLOCK_FILENAME_CHARS_MAX + 1);
}

type OptionValue = string | number | bigint | BlockNode | undefined;

/** As QEMU marks what did not fit. */
function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 3)}...`;
}

/** A whole number as it goes on the wire. */
function integer(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
