/** Handlers of the commands of the schema module `machine` that look at the guest's memory. */

import { identifyDestination } from "../offload/destination.ts";
import { FileError } from "../offload/file-error.ts";
import type { AddressSpace } from "../offload/pc-contract.ts";
import type { WorkerPool } from "../offload/pool.ts";
import type { MachineHandlers } from "../qapi/generated/machine.ts";
import type { ResourceClaim } from "../qapi/runtime/command.ts";
import type { CommandContext, PlainContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import { MEMORY_COPY_BYTES_MAX } from "../util/limits.ts";
import type { MachineControl } from "./machine-control.ts";
import { type CopyNote, openMemoryFile, saveMemory } from "./memory-file.ts";
import { fromThread, machineValue } from "./results.ts";

export type MemoryCommand = "memsave" | "pmemsave" | "query-memory-size-summary";
type MemoryHandlers = Pick<MachineHandlers<PlainContext, CommandContext>, MemoryCommand>;

interface SaveArguments {
  readonly val: number | bigint;
  readonly size: number | bigint;
  readonly filename: string;
}

/** `copied` is told of each copy that a guest stood still for. */
export function memoryHandlers(
  { handle }: MachineControl,
  pool: () => Promise<WorkerPool>,
  copied: (command: string, note: CopyNote) => void,
): MemoryHandlers {
  const save = async (space: AddressSpace, args: SaveArguments, context: CommandContext): Promise<void> => {
    const { signal } = context;
    const size = checkSize(args.size);
    const destination = await openMemoryFile(args.filename, signal);
    // A number of 64 bits, which a client may write as a negative one.
    const address = BigInt.asUintN(64, BigInt(args.val));
    await told(
      saveMemory(destination, signal, {
        pool,
        bytesMax: size,
        take: async (cancel) =>
          machineValue(await fromThread(handle.takeMemory(space, address, size, cancel))),
        copied: (note) => copied(context.command, note),
        progress: (progress) => context.progress(progress),
      }),
    );
  };
  return {
    memsave: {
      resources: ({ filename }) => claimFile(filename),
      async handle(args, context) {
        const index = Number(args["cpu-index"] ?? 0);
        const cpus = await fromThread(handle.cpus());
        if (!cpus.some((cpu) => cpu.index === index))
          throw new QmpError("Parameter 'cpu-index' expects a CPU number");
        await save("virtual", args, context);
      },
    },
    pmemsave: {
      resources: ({ filename }) => claimFile(filename),
      handle: (args, context) => save("physical", args, context),
    },
    "query-memory-size-summary": {
      handle: async () => ({
        "base-memory": await fromThread(handle.memorySizeBytes()),
        "plugged-memory": 0,
      }),
    },
  };
}

/** A file is written by one command at a time (rule R1). */
export async function claimFile(path: string): Promise<readonly ResourceClaim[]> {
  const names = await identifyDestination(path);
  return names.map((resource) => ({ resource, mode: "exclusive" }));
}

function checkSize(size: number | bigint): number {
  if (size >= 0 && size <= MEMORY_COPY_BYTES_MAX) return Number(size);
  throw new QmpError(`Parameter 'size' expects a number of bytes from 0 to ${MEMORY_COPY_BYTES_MAX}`);
}

async function told(saved: Promise<void>): Promise<void> {
  try {
    await saved;
  } catch (error) {
    if (error instanceof FileError) throw new QmpError(error.message, "GenericError", { cause: error });
    throw error;
  }
}
