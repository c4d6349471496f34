/**
 * The shell at a terminal: a line is sent as soon as it is typed, and what comes back is printed above the prompt when it
 * comes.  readline edits, completes and remembers; this file says what is in flight.
 *
 *     Ctrl-C:  text typed ---> the line is cleared
 *              inputs wait for the schema ---> they are dropped
 *              commands in flight ---> the newest that is not being cancelled is
 *              otherwise ---> asks; the second one in a row leaves
 */

import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { ClientError } from "../client/errors.ts";
import type { Call, QmpClient, QmpEvent, QmpMessage } from "../client/index.ts";
import type { JsonValue } from "../qjson/value.ts";
import type { Clock, Timer } from "../util/clock.ts";
import { visible, visibleInLine } from "../util/visible.ts";
import type { Painter } from "./colors.ts";
import { complete } from "./completion.ts";
import { type CommandDoc, commandHelp, overview } from "./help.ts";
import { HISTORY_LINES_MAX, type History } from "./history.ts";
import { InputLines, onOneLine } from "./input-lines.ts";
import { needsSchema, readInput, type ShellRequest, unknownCommand } from "./requests.ts";
import type { SchemaSource } from "./schema-source.ts";
import { ShellError } from "./shell-error.ts";
import { answerText, valueText } from "./value-text.ts";

export interface InteractiveOptions {
  readonly client: QmpClient;
  readonly schema: SchemaSource;
  readonly docOf: (command: string) => CommandDoc | undefined;
  readonly input: Readable;
  readonly output: Writable & { readonly columns?: number };
  readonly paint: Painter;
  readonly history: History | undefined;
  readonly clock: Clock;
}

/** A command that was sent. */
interface InFlight {
  readonly call: Call;
  /** As it was typed. */
  readonly id: JsonValue | undefined;
  readonly startedMs: number;
  readonly cancel: AbortController;
  /** In per cent, where the server tells. */
  progress: number | undefined;
  /** Nobody waits for its reply any more. */
  isGivenUp: boolean;
}

/** How often the ages in the prompt are brought up to date. */
const AGE_PERIOD_MS = 1_000;
/** Commands that the prompt names; of others it says how many. */
const PROMPT_COMMANDS_MAX = 3;
const COLUMNS = 100;

/** Answers the exit status, when somebody has left or the connection is over. */
export function runInteractive(options: InteractiveOptions): Promise<number> {
  return new Interactive(options).run();
}

class Interactive {
  readonly #options: InteractiveOptions;
  readonly #paint: Painter;
  readonly #lines: Interface & { prevRows?: number };
  /** Those without a reply, by the id of the call, in the order of sending. */
  readonly #inFlight = new Map<number, InFlight>();
  readonly #typed = new InputLines();
  /** What the arrows lead to, the newest first. */
  #history: string[];
  /** readline's own list of that. */
  #arrows: string[] = [];
  /** Inputs are taken one after the other, also while the schema is on its way. */
  #taken: Promise<void> = Promise.resolve();
  /** Of those, the ones that are not taken: without the schema their arguments cannot be read. */
  readonly #waiting = new Set<{ readonly text: string }>();
  #leaveAsked = false;
  #ageTimer: Timer | undefined;
  #over = false;
  /** The machine was told to end: then the connection's end is no failure. */
  #isQuitting = false;

  constructor(options: InteractiveOptions) {
    this.#options = options;
    this.#paint = options.paint;
    const { input, output, history } = options;
    this.#history = history?.load() ?? [];
    this.#lines = createInterface({
      input,
      output,
      terminal: true,
      history: [...this.#history],
      historySize: HISTORY_LINES_MAX,
      removeHistoryDuplicates: true,
      completer: (line: string) =>
        this.#typed.isOpen ? [[], line] : [...complete(line, options.schema.known)],
    });
  }

  async run(): Promise<number> {
    const { client, schema } = this.#options;
    const lines = this.#lines;
    this.#print(this.#welcome());
    const watching = client.messages.subscribe((message) => this.#watch(message));
    schema.get().catch(() => {}); // That the connection is over is told below.
    const left = new Promise<undefined>((resolve) => lines.once("close", () => resolve(undefined)));
    lines.on("history", (list) => {
      this.#arrows = list;
    });
    lines.on("line", (line) => this.#line(line));
    lines.on("SIGINT", () => this.#interrupt());
    this.#prompt();
    const reason = await Promise.race([left, client.closed]);
    this.#over = true;
    watching.unsubscribe();
    this.#ageTimer?.cancel();
    if (reason !== undefined) this.#print(this.#paint(this.#isQuitting ? "dim" : "error", reason.message));
    else this.#options.output.write("\n"); // What follows is not to stand behind the prompt.
    lines.close();
    return reason === undefined || this.#isQuitting ? 0 : 1;
  }

  #welcome(): string {
    const { client } = this.#options;
    const capabilities = client.capabilities.join(", ") || "no capability";
    return `${client.peer}: ${visible(serverName(client))}, ${capabilities}.  help, Tab and Ctrl-D are there.`;
  }

  // ---- What is typed ----

  #line(line: string): void {
    this.#leaveAsked = false;
    const text = this.#typed.add(line);
    if (text !== undefined) this.#remember(onOneLine(text));
    // readline has added the line; it is no input of its own when it is a part of one.
    this.#arrows.splice(0, Number.POSITIVE_INFINITY, ...this.#history);
    if (text === undefined) this.#prompt();
    else {
      const input = { text };
      const waits = !this.#options.schema.isTold && (this.#waiting.size > 0 || needsSchema(text));
      this.#waiting.add(input);
      if (waits) this.#prompt();
      this.#taken = this.#taken.then(() => this.#take(input));
    }
  }

  #remember(input: string): void {
    if (input.trim() === "") return;
    this.#history = [input, ...this.#history.filter((earlier) => earlier !== input)].slice(
      0,
      HISTORY_LINES_MAX,
    );
    this.#options.history?.add(input);
  }

  async #take(waiting: { readonly text: string }): Promise<void> {
    const { text } = waiting;
    try {
      const { schema: source } = this.#options;
      const schema = source.known ?? (needsSchema(text) ? await source.get() : undefined);
      if (!this.#waiting.delete(waiting)) return; // Ctrl-C came first.
      const input = readInput(text, schema);
      switch (input.kind) {
        case "nothing":
          break;
        case "help":
          this.#print(this.#help(input.command).trimEnd());
          break;
        case "requests":
          for (const request of input.requests) this.#send(request);
          break;
      }
    } catch (error) {
      if (!(error instanceof ShellError || error instanceof ClientError)) throw error;
      this.#waiting.delete(waiting);
      // Who has left is not told that what they left waiting cannot be sent.
      if (!this.#over) this.#print(this.#paint("error", error.message));
    }
    this.#prompt();
  }

  #help(command: string | undefined): string {
    const schema = this.#options.schema.known;
    if (command === undefined || schema === undefined) return overview(schema, this.#columns);
    const info = schema.command(command);
    if (info === undefined) throw unknownCommand(command, schema);
    return commandHelp(info, this.#options.docOf(command), this.#paint);
  }

  #send({ command, args, oob, id }: ShellRequest): void {
    const { client, clock } = this.#options;
    const cancel = new AbortController();
    const call = client.start(command, args, { oob, signal: cancel.signal });
    const startedMs = clock.nowMs();
    this.#inFlight.set(call.id, { call, id, startedMs, cancel, progress: undefined, isGivenUp: false });
    call.result.catch((error: Error) => this.#failed(call, error));
    this.#watchAges();
  }

  /** Its reply has been printed by `#watch`, if there was one. */
  #failed(call: Call, error: Error): void {
    const known = this.#inFlight.get(call.id);
    if (known === undefined || !(error instanceof ClientError) || error.code !== "CLIENT_ABORTED") return;
    known.isGivenUp = true;
    const note = this.#options.client.canCancel
      ? "no answer; given up"
      : "given up; the server cannot cancel it, and goes on";
    this.#print(`${this.#name(known)}: ${this.#paint("error", note)}`);
  }

  #interrupt(): void {
    if (this.#lines.line !== "" || this.#typed.isOpen) {
      this.#typed.drop();
      this.#lines.write(null, { ctrl: true, name: "e" });
      this.#lines.write(null, { ctrl: true, name: "u" });
      return this.#prompt();
    }
    if (this.#waiting.size > 0) {
      this.#waiting.clear();
      this.#taken = Promise.resolve(); // What is typed next does not wait for them.
      return this.#print(this.#paint("dim", "what waits for the server's schema is dropped"));
    }
    const newest = [...this.#inFlight.values()].findLast(({ cancel }) => !cancel.signal.aborted);
    if (newest !== undefined) {
      this.#print(`${this.#paint("dim", "cancelling")} ${this.#name(newest)}`);
      newest.cancel.abort();
      return;
    }
    if (this.#leaveAsked) return this.#lines.close();
    this.#leaveAsked = true;
    this.#print(this.#paint("dim", "Ctrl-C again leaves"));
  }

  // ---- What comes ----

  #watch(message: QmpMessage): void {
    switch (message.kind) {
      case "event": {
        if (this.#takeProgress(message.event)) return this.#prompt();
        const { event, data, timestamp } = message.event;
        const time = timestamp === undefined ? "" : `${this.#paint("dim", timeText(timestamp))} `;
        const text = Object.keys(data).length === 0 ? "" : ` ${valueText(data, this.#paint, this.#columns)}`;
        return this.#print(`${time}${this.#paint("event", visibleInLine(event))}${text}`);
      }
      case "reply": {
        const known = this.#inFlight.get(message.id);
        if (known === undefined) return; // The shell's own, or the client's.
        this.#inFlight.delete(message.id);
        if (message.command === "quit" && message.outcome.kind === "return") this.#isQuitting = true;
        return this.#print(this.#replyText(message, known));
      }
      case "stray":
        return this.#print(
          this.#paint(
            "error",
            `a reply that nobody asked for: ${valueText(message.wire, this.#paint, this.#columns)}`,
          ),
        );
    }
  }

  /** True: it is about a command in flight, and shown in the prompt. */
  #takeProgress({ event, data: { id, current, total } }: QmpEvent): boolean {
    const known = typeof id === "number" ? this.#inFlight.get(id) : undefined;
    if (event !== "COMMAND_PROGRESS" || known === undefined) return false;
    if (typeof current !== "number" || typeof total !== "number" || total <= 0) return false;
    known.progress = Math.floor((current / total) * 100);
    return true;
  }

  #replyText({ outcome }: Extract<QmpMessage, { kind: "reply" }>, known: InFlight): string {
    const age = ageText(this.#options.clock.nowMs() - known.startedMs);
    const head = `${this.#name(known)} ${this.#paint("dim", known.isGivenUp ? `late ${age}` : age)}`;
    if (outcome.kind === "return") return `${head} ${answerText(outcome.value, this.#paint, this.#columns)}`;
    return `${head} ${this.#paint("error", visible(`${outcome.errorClass}: ${outcome.desc}`))}`;
  }

  /** The command, and the id that somebody typed to tell it from others. */
  #name({ call, id }: InFlight): string {
    return id === undefined
      ? call.command
      : `${call.command} id ${valueText(id, this.#paint, this.#columns)}`;
  }

  // ---- The terminal ----

  get #waitedFor(): InFlight[] {
    return [...this.#inFlight.values()].filter(({ isGivenUp }) => !isGivenUp);
  }

  get #columns(): number {
    return this.#options.output.columns ?? COLUMNS;
  }

  /** Prints above the prompt, and draws the prompt again with what is typed. */
  #print(text: string): void {
    const { output } = this.#options;
    moveCursor(output, 0, -this.#lines.getCursorPos().rows);
    cursorTo(output, 0);
    clearScreenDown(output);
    output.write(`${text}\n`);
    this.#drawPrompt(0);
  }

  #prompt(): void {
    this.#drawPrompt(this.#lines.getCursorPos().rows);
  }

  /** `rows`: how far the cursor is below the place where the prompt is to begin. */
  #drawPrompt(rows: number): void {
    if (this.#over) return;
    // readline goes up by what it remembers, which is wrong when the line was pasted.
    this.#lines.prevRows = rows;
    this.#lines.setPrompt(this.#promptText());
    this.#lines.prompt(true);
  }

  #promptText(): string {
    if (this.#typed.isOpen) return "... ";
    const calls = this.#waitedFor;
    if (this.#waiting.size > 0 && !this.#options.schema.isTold)
      return `${this.#paint("dim", "[waiting for the schema]")} ${this.#paint("prompt", "qmp> ")}`;
    if (calls.length === 0) return this.#paint("prompt", "qmp> ");
    const nowMs = this.#options.clock.nowMs();
    const named = calls.slice(0, PROMPT_COMMANDS_MAX).map(({ call, startedMs, progress }) => {
      const age = `${call.command} ${Math.floor((nowMs - startedMs) / 1000)}s`;
      return progress === undefined ? age : `${age} ${progress}%`;
    });
    const more = calls.length - named.length;
    const list = more > 0 ? [...named, `${more} more`] : named;
    return `${this.#paint("dim", `[${list.join(", ")}]`)} ${this.#paint("prompt", "qmp> ")}`;
  }

  /** Brings the ages up to date while something is in flight. */
  #watchAges(): void {
    if (this.#ageTimer !== undefined) return;
    this.#ageTimer = this.#options.clock.startTimer(AGE_PERIOD_MS, () => {
      this.#ageTimer = undefined;
      if (this.#over || this.#waitedFor.length === 0) return;
      this.#prompt();
      this.#watchAges();
    });
  }
}

function serverName({ greeting }: QmpClient): string {
  const { qemu, package: name } = greeting.version;
  const { major, minor, micro } = (qemu ?? {}) as Readonly<Record<string, unknown>>;
  const version = major === undefined ? "a server without a version" : `QEMU ${major}.${minor}.${micro}`;
  return typeof name === "string" && name !== ""
    ? `${version} (${name.trim().replace(/^\((.*)\)$/, "$1")})`
    : version;
}

function ageText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** The server's time of day, as this computer's clock would show it. */
function timeText({
  seconds,
  microseconds,
}: {
  readonly seconds: number;
  readonly microseconds: number;
}): string {
  const date = new Date(seconds * 1000 + microseconds / 1000);
  const two = (value: number): string => `${value}`.padStart(2, "0");
  const milliseconds = `${date.getMilliseconds()}`.padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
}
