/**
 * `qmpd screendump`: one picture of a display of any QMP server, in a file of this side, on standard output, or shown by
 * the terminal.
 *
 *     the server has screendump-data ---> the picture comes in the reply; FILE is written here
 *     it has screendump alone ----------> the server writes a file, which has to be on this computer
 *
 * Invariant: FILE is the whole picture or as it was before.  It is made beside its place under another name and renamed
 * when it is complete; what is half made is removed, also when a signal ends the program.
 */

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  fchmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, extname, join, resolve } from "node:path";
import { getSystemErrorMap } from "node:util";
import type { Command } from "commander";
import { errorText, isArgumentError, isCallersError } from "../client/errors.ts";
import { connect, isJsonObject, type QmpClient } from "../client/index.ts";
import { LoadError } from "../loadgen/load-error.ts";
import { pictureAt } from "../screenbench/picture-file.ts";
import { introspect } from "../shell/schema-source.ts";
import { visible } from "../util/visible.ts";
import { endWithError } from "./command-error.ts";
import type { PictureProtocol } from "./terminal-picture.ts";

export type PictureFormat = "png" | "ppm";

export interface ScreendumpOptions {
  readonly device?: string;
  readonly head?: number;
  readonly format?: PictureFormat;
  /** In seconds. */
  readonly timeout: number;
}

/** A picture could not be taken: a sentence for people. */
class ScreendumpError extends Error {
  override readonly name = "ScreendumpError";
}

const STDOUT = "-";
/** What a file of each format begins with.  Sources: PNG, section 5.2; ppm(5). */
const MAGIC: Readonly<Record<PictureFormat, Buffer>> = {
  png: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  ppm: Buffer.from("P6\n"),
};

export async function runScreendump(
  endpoint: string,
  file: string,
  options: ScreendumpOptions,
  command: Command,
): Promise<void> {
  const interrupt = new AbortController();
  const listeners = (["SIGINT", "SIGTERM"] as const).map((signal) => {
    const listener = (): void => interrupt.abort(new ScreendumpError(`ended by ${signal}`));
    process.once(signal, listener);
    return { signal, listener };
  });
  const deadlineMs = performance.now() + options.timeout * 1000;
  const limits = (): Limits => ({
    timeoutMs: Math.max(1, Math.ceil(deadlineMs - performance.now())),
    signal: interrupt.signal,
  });
  try {
    const destination = await destinationOf(file);
    const client = await connect(endpoint, { preferred: ["async"], ...limits() });
    let taken: Taken;
    try {
      const place = destination.kind === "file" ? dirname(destination.path) : tmpdir();
      taken = await takePicture(client, options, options.format ?? formatOfName(file), place, limits);
      // Whoever is to read a pipe may never come, and waiting for them the program hears no signal.  It has no file to remove.
      if (destination.kind !== "file")
        for (const { signal, listener } of listeners) process.off(signal, listener);
    } finally {
      await client.close();
    }
    if (destination.kind === "terminal") await show(taken, destination.protocol, client.peer);
    else await write(destination, file, taken.picture);
  } catch (error) {
    if (!(error instanceof ScreendumpError || isCallersError(error))) throw error;
    const text = interrupt.signal.aborted ? interrupt.signal.reason.message : errorText(error);
    endWithError(command, visible(text), isArgumentError(error));
  }
}

interface Taken {
  readonly picture: Buffer;
  readonly format: PictureFormat;
}

/** `given`: undefined lets the server choose.  `place`: where a server may write a file. */
async function takePicture(
  client: QmpClient,
  options: ScreendumpOptions,
  given: PictureFormat | undefined,
  place: string,
  limits: () => Limits,
): Promise<Taken> {
  const way = await findWay(client, limits());
  const format = given ?? (way.takesFormat ? "png" : "ppm");
  const args = argumentsFor(way, options, format);
  const picture =
    way.command === "screendump-data"
      ? await pictureInReply(client, args, limits())
      : await pictureByFile(client, args, format, limits(), place);
  checkPicture(picture, format, client.peer);
  return { picture, format };
}

type Limits = { readonly timeoutMs: number; readonly signal: AbortSignal };
type Arguments = Readonly<Record<string, string | number>>;

/** How this server takes pictures. */
interface Way {
  readonly command: "screendump-data" | "screendump";
  readonly takesFormat: boolean;
}

async function findWay(client: QmpClient, limits: Limits): Promise<Way> {
  const schema = await introspect(client, limits);
  // A server that tells nothing of itself is taken for one of the time before introspection.
  if (schema === undefined) return { command: "screendump", takesFormat: false };
  for (const command of ["screendump-data", "screendump"] as const) {
    const members = schema.command(command)?.args.members;
    if (members !== undefined) return { command, takesFormat: members.some(({ name }) => name === "format") };
  }
  throw new ScreendumpError(`${client.peer}: the server has no command that takes pictures`);
}

/** Throws when the server cannot be asked for what was asked for: QEMU before 7.1 writes PPM alone. */
function argumentsFor(way: Way, { device, head }: ScreendumpOptions, format: PictureFormat): Arguments {
  const args: Record<string, string | number> = {};
  if (device !== undefined) args.device = device;
  if (head !== undefined) args.head = head;
  if (way.takesFormat) args.format = format;
  else if (format !== "ppm")
    throw new ScreendumpError("this server makes pictures as PPM alone: use --format ppm");
  return args;
}

async function pictureInReply(client: QmpClient, args: Arguments, limits: Limits): Promise<Buffer> {
  const value = await client.execute("screendump-data", args, limits);
  const data = isJsonObject(value) ? value.data : undefined;
  if (typeof data !== "string") throw new ScreendumpError(`${client.peer}: the reply has no picture in it`);
  return Buffer.from(data, "base64");
}

/** Has the server write a file in a folder of ours, and takes it from there. */
async function pictureByFile(
  client: QmpClient,
  args: Arguments,
  format: PictureFormat,
  limits: Limits,
  place: string,
): Promise<Buffer> {
  const folder = folderForServer(place);
  // Who may write there cannot list it: the name is known to the server alone.
  const filename = join(folder, `${randomUUID()}.${format}`);
  try {
    await client.execute("screendump", { filename, ...args }, limits);
    const picture = pictureAt(filename);
    if (picture !== undefined) return picture;
    const elsewhere = "the server wrote its file elsewhere: is it on another computer, or in a container?";
    throw new ScreendumpError(`${client.peer}: ${elsewhere}`);
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    const reason = systemReason(error.cause) ?? errorText(error.cause as Error);
    const message = `${client.peer}: the file that the server wrote cannot be read: ${reason}`;
    throw new ScreendumpError(message, { cause: error });
  } finally {
    removeFolder(folder, filename);
  }
}

/**
 * Makes a folder in `place` in which a server of any user can write, and whose files are this program's to remove: those of
 * another user in a directory such as /tmp are not.
 */
function folderForServer(place: string): string {
  const folder = join(place, `.qmpd-screendump-${randomUUID()}`);
  // It has its mode from the start: by the time that one is set, something else may stand there under its name.
  const mask = process.umask(0);
  try {
    mkdirSync(folder, 0o733);
  } catch (error) {
    throw cannotWrite(place, error);
  } finally {
    process.umask(mask);
  }
  return folder;
}

/**
 * Removes what the server has left at `filename`, and nothing below: others can write in the folder, too, and would lead a
 * removal of all that is in it elsewhere, by a symbolic link in place of a directory.  That something cannot be removed does
 * not make the picture worse.
 */
function removeFolder(folder: string, filename: string): void {
  try {
    const left = lstatSync(filename, { throwIfNoEntry: false });
    if (left?.isDirectory()) rmdirSync(filename);
    else if (left !== undefined) unlinkSync(filename);
    rmdirSync(folder);
  } catch (error) {
    process.stderr.write(`qmpd: ${folder} cannot be removed: ${(error as Error).message}\n`);
  }
}

// ---- Where the picture goes ----

/**
 * `device`: what is there is no regular file (`/dev/null`, a FIFO), and has to be written as it is.  `mode` is that of the
 * file that is replaced: who may read it stays as it was.
 */
type FileDestination =
  | { readonly kind: "stdout" }
  | { readonly kind: "device"; readonly path: string }
  | { readonly kind: "file"; readonly path: string; readonly mode: number | undefined };
type Destination = FileDestination | { readonly kind: "terminal"; readonly protocol: PictureProtocol };

/** Looks before anything is asked for. */
async function destinationOf(file: string): Promise<Destination> {
  if (file === STDOUT) return process.stdout.isTTY ? terminal() : { kind: "stdout" };
  if (file === "") throw new ScreendumpError("the name of the file is empty");
  const path = resolve(file);
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there === undefined) {
      if (!statSync(dirname(path)).isDirectory()) throw new ScreendumpError(`${file}: its directory is none`);
      return { kind: "file", path, mode: undefined };
    }
    if (there.isDirectory()) throw new ScreendumpError(`${file}: there is a directory of that name`);
    // A symbolic link stays one: its target is replaced.
    if (!there.isFile()) return { kind: "device", path };
    return { kind: "file", path: realpathSync(path), mode: there.mode & 0o777 };
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

async function terminal(): Promise<Destination> {
  const { pictureProtocol } = await import("./terminal-picture.ts");
  const protocol = pictureProtocol(process.stdout);
  if (protocol === undefined) {
    throw new ScreendumpError(
      "this terminal is not known to show pictures: name a file, or send it on with >",
    );
  }
  return { kind: "terminal", protocol };
}

async function show({ picture, format }: Taken, protocol: PictureProtocol, peer: string): Promise<void> {
  const { terminalPicture } = await import("./terminal-picture.ts");
  let text: string;
  try {
    text = terminalPicture(picture, format, protocol);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new ScreendumpError(`${peer}: what came is no picture: ${error.message}`, { cause: error });
  }
  await writeToStdout(text);
}

async function write(destination: FileDestination, file: string, picture: Buffer): Promise<void> {
  if (destination.kind === "stdout") return writeToStdout(picture);
  const { path } = destination;
  try {
    // In another thread: a pipe that nobody reads must not hold up the end of the connection, which others may wait for.
    if (destination.kind === "device") await writeFile(path, picture);
    else replace(path, picture, destination.mode);
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** `mode`: of the file that is there, if one is. */
function replace(path: string, picture: Buffer, mode: number | undefined): void {
  const written = join(dirname(path), `.qmpd-${randomUUID()}`);
  try {
    const opened = openSync(written, "wx", mode);
    try {
      writeFileSync(opened, picture);
      if (mode !== undefined) fchmodSync(opened, mode);
    } finally {
      closeSync(opened);
    }
    renameSync(written, path);
  } catch (error) {
    rmSync(written, { force: true });
    throw error;
  }
}

async function writeToStdout(picture: Buffer | string): Promise<void> {
  const failed = once(process.stdout, "error").then(([error]) => error as Error);
  const written = new Promise<undefined>((done) =>
    process.stdout.write(picture, (error) => error ?? done(undefined)),
  );
  const error = await Promise.race([failed, written]);
  if (error === undefined) return;
  // Whoever read it has enough (`| head`): there is nothing to say to anybody.
  if ("code" in error && error.code === "EPIPE") process.exitCode = 1;
  else throw cannotWrite("standard output", error);
}

function cannotWrite(file: string, error: unknown): unknown {
  const reason = systemReason(error);
  return reason === undefined ? error : new ScreendumpError(`${file}: ${reason}`, { cause: error });
}

/** The system's sentence for an error of a file; undefined when it is none. */
function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("syscall" in error) || !("errno" in error)) return undefined;
  return getSystemErrorMap().get(Number(error.errno))?.[1] ?? error.message;
}

function checkPicture(picture: Buffer, format: PictureFormat, peer: string): void {
  if (picture.subarray(0, MAGIC[format].length).equals(MAGIC[format])) return;
  throw new ScreendumpError(`${peer}: what came is no ${format.toUpperCase()} (${picture.length} bytes)`);
}

function formatOfName(file: string): PictureFormat | undefined {
  const extension = extname(file).toLowerCase();
  if (extension === ".png") return "png";
  return extension === ".ppm" || extension === ".pnm" ? "ppm" : undefined;
}
