/**
 * Handlers of the schema module `ui`: screendump, to a file and in the reply (rules D1 to D6).  What is input is in
 * `input.ts`.
 */

import type { ConsoleDescription, ImageFormat, Picture } from "../offload/contract.ts";
import {
  type Destination,
  discardDestination,
  identifyDestination,
  openDestination,
} from "../offload/destination.ts";
import { FileError } from "../offload/file-error.ts";
import type { WorkerPool } from "../offload/pool.ts";
import type { UiHandlers } from "../qapi/generated/ui.ts";
import type { ResourceClaim } from "../qapi/runtime/command.ts";
import { JsonText } from "../qjson/value.ts";
import type { CommandContext, PlainContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import { ScreendumpBatcher, type SharedPicture } from "../ui/screendump.ts";
import type { Clock } from "../util/clock.ts";
import { DESTINATION_OPEN_MS, SCREENDUMP_BATCH_MS } from "../util/limits.ts";
import type { SharedSurface } from "../util/shared-surface.ts";
import { type ConsoleArguments, findConsole } from "./consoles.ts";
import { inputHandlers } from "./input.ts";
import type { MachineControl } from "./machine-control.ts";
import { fromThread } from "./results.ts";
import { settledWithin, unlessAborted } from "./waiting.ts";

export function uiHandlers(
  { handle }: MachineControl,
  pool: () => Promise<WorkerPool>,
  clock: Clock,
): UiHandlers<PlainContext, CommandContext> {
  const batcher = new ScreendumpBatcher<ImageFormat, Picture, Target>({
    nextTurn: setImmediate,
    encoderTurn: async () => (await pool()).turn(),
    inTime: (encoded) => settledWithin(SCREENDUMP_BATCH_MS, encoded),
    capture: (console, reuse) => handle.capture(console, reuse),
    encode: (frame, format, unwanted, target) => encode(frame, format, unwanted, target),
    discard: (picture) => void pool().then((started) => started.discard(picture)),
  });
  const encode = async (
    frame: SharedSurface,
    format: ImageFormat,
    unwanted: AbortSignal,
    target?: Target,
  ) => {
    const destination = target && (await openedInTime(target));
    const encoder = await pool();
    // Given up meanwhile: the file is about to be closed, if it is not yet.
    if (target === undefined || target.isGivenUp) return encoder.encode(frame, format, unwanted);
    target.written = encoder.encode(frame, format, unwanted, destination);
    return target.written;
  };
  const consoleOf = async (args: ConsoleArguments): Promise<ConsoleDescription> =>
    findConsole(await fromThread(handle.consoles()), args);
  const claimConsole = async (args: ConsoleArguments): Promise<ResourceClaim> => ({
    resource: `console:${(await consoleOf(args)).index}`,
    mode: "shared",
  });
  const picture = async (
    args: ConsoleArguments & { format?: ImageFormat },
    signal: AbortSignal,
    target?: Target,
  ) => batcher.request((await consoleOf(args)).index, args.format ?? "ppm", signal, target);
  return {
    screendump: {
      async resources(args) {
        const console = await claimConsole(args);
        const names = await identifyDestination(args.filename);
        return [console, ...names.map((resource) => ({ resource, mode: "exclusive" }) as const)];
      },
      handle: (args, { signal }) => {
        const target: Target = {
          // Not before it is known that there is something to write: a mistake makes no file.
          opened: consoleOf(args).then(() => openDestination(args.filename)),
          written: undefined,
          isGivenUp: false,
        };
        const save = async (made: Picture, destination: Destination): Promise<void> =>
          (await pool()).save(made, destination, signal);
        return fromThread(withPictureAndDestination(picture(args, signal, target), target, signal, save));
      },
    },
    "screendump-data": {
      resources: async (args) => [await claimConsole(args)],
      async handle(args, context) {
        const { signal } = context;
        const console = await consoleOf(args);
        await context.replyRoom(console.width * console.height * BASE64_BYTES_PER_PIXEL_MAX);
        const shared = await fromThread(picture(args, signal));
        try {
          const { width, height, format } = shared.picture;
          const data = await fromThread((await pool()).base64(shared.picture, signal));
          return { data: new JsonText([data]), width, height, format };
        } finally {
          shared.release();
        }
      },
    },
    // Nothing shows the displays on this computer: they are there for screendump.
    "query-display-options": () => ({ type: "none" }),
    ...inputHandlers(handle, clock),
  };
}

/** Three bytes of a pixel are four in base64; PNG takes no more, but for a few bytes. */
const BASE64_BYTES_PER_PIXEL_MAX = 4;

/** The file of one screendump. */
interface Target {
  readonly opened: Promise<Destination>;
  /** The encoding that writes to the file as it goes, once there is one: until it settles, the file is in use. */
  written: Promise<Picture> | undefined;
  /** No such encoding may begin any more. */
  isGivenUp: boolean;
}

/** The file, unless the file system hangs in the opening: whoever else wants a picture needs the frame's memory. */
async function openedInTime({ opened }: Target): Promise<Destination | undefined> {
  let destination: Destination | undefined;
  const known = opened.then((value) => {
    destination = value;
  });
  await settledWithin(DESTINATION_OPEN_MS, known);
  return destination;
}

/**
 * Makes the picture and opens its file at the same time, then brings them together.  Whatever fails, the
 * picture is released and the file closed, and removed if opening made it, before this settles: unless the
 * file system hangs in the opening, which nobody who cancels should wait for.
 */
async function withPictureAndDestination(
  pictureMade: Promise<SharedPicture<Picture>>,
  target: Target,
  signal: AbortSignal,
  save: (picture: Picture, destination: Destination) => Promise<void>,
): Promise<void> {
  target.opened.catch(() => {}); // It may fail before anybody awaits it.
  let made: SharedPicture<Picture> | undefined;
  try {
    let destination: Destination;
    try {
      made = await pictureMade;
      destination = await unlessAborted(target.opened, signal);
    } catch (error) {
      target.isGivenUp = true;
      await target.written?.catch(() => {});
      const isWritten = target.written !== undefined;
      const discarded = target.opened.then((opened) => discardDestination(opened, isWritten));
      // Only who cancels is not kept waiting by a file system that hangs.
      if (signal.aborted) await settledWithin(DESTINATION_OPEN_MS, discarded);
      else await discarded.catch(() => {});
      throw error;
    }
    await save(made.picture, destination);
  } catch (error) {
    if (error instanceof FileError) throw new QmpError(error.message, "GenericError", { cause: error });
    throw error;
  } finally {
    made?.release();
  }
}
