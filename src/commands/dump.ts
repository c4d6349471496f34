/**
 * Handlers of the schema module `dump`: the guest's memory as a core file.
 *
 *     none ---> active ---> completed
 *                '--------> failed          of one dump at a time: the last one is what query-dump tells of
 *
 * A dump belongs to its command, as any work does; one that is detached belongs to the machine as soon as its memory
 * has been copied.  Dumps that are not detached wait for each other; while a detached one is under way, others are
 * refused.
 */

import { FileError } from "../offload/file-error.ts";
import type { WorkerPool } from "../offload/pool.ts";
import type {
  DumpGuestMemoryArg,
  DumpGuestMemoryFormat,
  DumpHandlers,
  DumpQueryResult,
} from "../qapi/generated/dump.ts";
import type { ResourceClaim } from "../qapi/runtime/command.ts";
import type { CommandContext, PlainContext, Progress } from "../qmp/context.ts";
import { COMMAND_CANCELLED, QmpError } from "../qmp/errors.ts";
import type { ResourceTable, Ticket } from "../qmp/resources.ts";
import { PC_VGA_MEMORY_BYTES } from "../util/limits.ts";
import type { MachineControl } from "./machine-control.ts";
import { claimFile } from "./memory.ts";
import { type CopyNote, openMemoryFile, saveMemory } from "./memory-file.ts";
import { fromThread, machineValue } from "./results.ts";
import { unlessAborted } from "./waiting.ts";

/** A core has all the secrets of its guest. */
const CORE_FILE_MODE = 0o600;

/** Why a format cannot be had, in QEMU's words. */
const UNAVAILABLE: Readonly<Record<Exclude<DumpGuestMemoryFormat, "elf">, string>> = {
  "kdump-zlib": "kdump-zlib is not available now",
  "kdump-lzo": "kdump-lzo is not available now",
  "kdump-snappy": "kdump-snappy is not available now",
  "win-dmp": "Windows dump is only available for x86-64",
};

export interface DumpParts {
  readonly machine: MachineControl;
  readonly pool: () => Promise<WorkerPool>;
  readonly resources: ResourceTable;
  /** Told of each copy that a guest stood still for. */
  readonly copied: (command: string, note: CopyNote) => void;
}

/** What a dump tells while it runs. */
interface DumpListener {
  copied(note: CopyNote): void;
  progress(progress: Progress): void;
}

export class GuestDumps {
  readonly #parts: DumpParts;
  #last: DumpQueryResult = { status: "none", completed: 0, total: 0 };
  /** The one that is under way: what ends it, and when it has ended. */
  #detached: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(parts: DumpParts) {
    this.#parts = parts;
  }

  handlers(): DumpHandlers<PlainContext, CommandContext> {
    return {
      "dump-guest-memory": {
        // One that is detached holds its file for longer than its command lasts.
        resources: (args) => (args.detach === true ? [] : this.#claims(args)),
        handle: (args, context) =>
          args.detach === true ? this.#detach(args, context) : this.#attach(args, context),
      },
      "query-dump": () => this.#last,
      "query-dump-guest-memory-capability": () => ({ formats: ["elf"] }),
    };
  }

  /** Ends the dump that is under way, if one is.  Settles when its file is gone. */
  async close(): Promise<void> {
    this.#detached?.abort.abort(COMMAND_CANCELLED);
    await this.#detached?.ended;
  }

  async #claims({ protocol }: DumpGuestMemoryArg): Promise<readonly ResourceClaim[]> {
    this.#refuseSecond();
    const path = filePath(protocol);
    const file = path === undefined ? [] : await claimFile(path);
    return [{ resource: "guest-dump", mode: "exclusive" }, ...file];
  }

  #refuseSecond(): void {
    if (this.#detached !== undefined) throw new QmpError("There is a dump in process, please wait.");
  }

  async #attach(args: DumpGuestMemoryArg, context: CommandContext): Promise<void> {
    await this.#run(args, context.signal, {
      copied: (note) => this.#parts.copied(context.command, note),
      progress: (progress) => context.progress(progress),
    });
  }

  /** Settles when the memory has been copied; until then the command can be cancelled. */
  async #detach(args: DumpGuestMemoryArg, { signal, command }: CommandContext): Promise<void> {
    this.#refuseSecond();
    const claims = this.#claims(args);
    const abort = new AbortController();
    const passOn = (): void => abort.abort(signal.reason);
    signal.addEventListener("abort", passOn);
    let isCopied = (): void => {};
    const copied = new Promise<void>((resolve) => {
      isCopied = resolve;
    });
    const run = async (): Promise<void> => {
      const ticket = await this.#acquire(claims, abort.signal);
      try {
        await this.#run(args, abort.signal, {
          copied: (note) => {
            this.#parts.copied(command, note);
            isCopied();
          },
          progress: () => {},
        });
      } finally {
        ticket?.release();
      }
    };
    const running = run().finally(() => {
      this.#detached = undefined;
    });
    this.#detached = { abort, ended: running.catch(() => {}) };
    try {
      await Promise.race([copied, running]);
    } finally {
      signal.removeEventListener("abort", passOn);
    }
  }

  async #acquire(
    claims: Promise<readonly ResourceClaim[]>,
    signal: AbortSignal,
  ): Promise<Ticket | undefined> {
    let ticket: Ticket | undefined;
    const granted = new Promise<void>((resolve, reject) => {
      ticket = this.#parts.resources.acquire(claims, resolve, reject);
    });
    try {
      await unlessAborted(granted, signal);
      return ticket;
    } catch (error) {
      ticket?.release();
      throw error;
    }
  }

  /** One dump from its file's opening to its end, which DUMP_COMPLETED tells of if it came as far as to copy memory. */
  async #run(args: DumpGuestMemoryArg, signal: AbortSignal, listener: DumpListener): Promise<void> {
    const { handle } = this.#parts.machine;
    const destination = await openMemoryFile(checkArguments(args), signal, CORE_FILE_MODE);
    this.#last = { status: "active", completed: 0, total: 0 };
    let hasMemory = false;
    try {
      const memoryBytes = await fromThread(handle.memorySizeBytes());
      await saveMemory(destination, signal, {
        pool: this.#parts.pool,
        bytesMax: memoryBytes + PC_VGA_MEMORY_BYTES,
        take: async (cancel) => machineValue(await fromThread(handle.takeDump(dumpRequest(args), cancel))),
        head: (dump, pool) => fromThread(pool.coreHead(dump)),
        copied: (note) => {
          hasMemory = true;
          listener.copied(note);
        },
        progress: (progress) => {
          this.#last = { status: "active", completed: progress.current, total: progress.total };
          listener.progress(progress);
        },
      });
    } catch (cause) {
      const error = dumpError(cause);
      this.#last = { ...this.#last, status: "failed" };
      if (hasMemory) this.#completed({ error: error instanceof Error ? error.message : String(error) });
      throw error;
    }
    this.#last = { ...this.#last, status: "completed" };
    this.#completed({});
  }

  #completed(data: { readonly error?: string }): void {
    this.#parts.machine.emit("DUMP_COMPLETED", { result: { ...this.#last }, ...data });
  }
}

/** Throws `QmpError`, in QEMU's words and order, or answers the path to write to. */
function checkArguments({ paging, protocol, begin, length, format = "elf" }: DumpGuestMemoryArg): string {
  if (format !== "elf" && (paging || begin !== undefined || length !== undefined))
    throw new QmpError("kdump-compressed format doesn't support paging or filter");
  if (begin !== undefined && length === undefined) throw new QmpError("Parameter 'length' is missing");
  if (begin === undefined && length !== undefined) throw new QmpError("Parameter 'begin' is missing");
  if (format !== "elf") throw new QmpError(UNAVAILABLE[format]);
  if (protocol.startsWith("fd:"))
    throw new QmpError(`File descriptor named '${protocol.slice(3)}' has not been found`);
  const path = filePath(protocol);
  if (path === undefined) throw new QmpError("Invalid parameter 'protocol'");
  return path;
}

function filePath(protocol: string): string | undefined {
  return protocol.startsWith("file:") ? protocol.slice("file:".length) : undefined;
}

function dumpRequest({ paging, begin, length }: DumpGuestMemoryArg) {
  if (begin === undefined || length === undefined) return { isPaging: paging, range: undefined };
  if (length <= 0) throw new QmpError("Invalid parameter 'length'");
  if (begin < 0) throw new QmpError("Invalid parameter 'begin'");
  return { isPaging: paging, range: { begin, length } };
}

function dumpError(error: unknown): unknown {
  if (!(error instanceof FileError)) return error;
  const { message } = new FileError("dump: failed to save memory", error.errno);
  return new QmpError(message, "GenericError", { cause: error });
}
