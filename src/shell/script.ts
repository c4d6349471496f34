/**
 * The shell as a scripting tool: commands from a pipe, one after the other, each reply as QMP's own JSON on a line of
 * standard output.
 *
 * Each command is sent when the one before it is answered, so that a script's effects come in its order.  Complaints go to
 * standard error, with the line that they are about.  Events are on standard output with `events` alone: whoever reads
 * a reply a line must not find another thing there.
 */

import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { ClientError, CommandError } from "../client/errors.ts";
import type { QmpClient, QmpMessage } from "../client/index.ts";
import { printJson } from "../qjson/print.ts";
import type { JsonValue } from "../qjson/value.ts";
import { visible } from "../util/visible.ts";
import { plain } from "./colors.ts";
import { type CommandDoc, commandHelp, overview } from "./help.ts";
import { InputLines } from "./input-lines.ts";
import { needsSchema, readInput, type ShellRequest, unknownCommand } from "./requests.ts";
import type { SchemaSource } from "./schema-source.ts";
import { ShellError } from "./shell-error.ts";

export interface ScriptOptions {
  readonly client: QmpClient;
  readonly schema: SchemaSource;
  readonly docOf: (command: string) => CommandDoc | undefined;
  readonly input: Readable;
  readonly output: Writable;
  readonly errors: Writable;
  readonly events: boolean;
}

const HELP_COLUMNS = 100;

/** Answers the exit status: 0 when every line was understood and every command succeeded. */
export async function runScript(options: ScriptOptions): Promise<number> {
  return new Script(options).run();
}

class Script {
  readonly #options: ScriptOptions;
  #status = 0;
  #line = 0;
  /** Why the connection is over, when the server ended it. */
  #lost: ClientError | undefined;
  /** The machine was told to end: then the connection's end is no failure. */
  #isQuitting = false;
  /** The command that is waited for, and the id that its reply is printed with. */
  #running: { readonly callId: number; readonly id: JsonValue | undefined } | undefined;

  constructor(options: ScriptOptions) {
    this.#options = options;
  }

  async run(): Promise<number> {
    const { client, input } = this.#options;
    const watching = client.messages.subscribe((message) => this.#watch(message));
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    const typed = new InputLines();
    let firstLine = 0;
    // Who gives the commands may be waiting, too: it must not go on waiting for a server that is gone.
    void client.closed.then((reason) => {
      this.#lost = reason;
      lines.close();
    });
    try {
      for await (const line of lines) {
        this.#line++;
        if (!typed.isOpen) firstLine = this.#line;
        const text = typed.add(line);
        if (text !== undefined) await this.#take(text, firstLine);
      }
      if (this.#lost !== undefined && !input.readableEnded && !this.#isQuitting)
        this.#complain(undefined, this.#lost.message);
      if (typed.isOpen) this.#complain(firstLine, "the JSON that begins here has no end");
    } catch (error) {
      // The connection is over: what follows cannot be sent.
      if (!(error instanceof ClientError)) throw error;
      this.#complain(this.#line, error.message);
    } finally {
      lines.close();
      watching.unsubscribe();
    }
    return this.#status;
  }

  async #take(text: string, line: number): Promise<void> {
    const { client, schema } = this.#options;
    try {
      const input = readInput(text, needsSchema(text) ? await schema.get() : undefined);
      switch (input.kind) {
        case "nothing":
          return;
        case "help":
          return this.#print(await this.#help(input.command));
        case "requests":
          for (const request of input.requests) await this.#execute(client, request, line);
      }
    } catch (error) {
      if (!(error instanceof ShellError)) throw error;
      this.#complain(line, error.message);
    }
  }

  async #execute(client: QmpClient, request: ShellRequest, line: number): Promise<void> {
    const { command, args, oob, id } = request;
    try {
      const call = client.start(command, args, { oob });
      this.#running = { callId: call.id, id };
      await call.result;
    } catch (error) {
      if (error instanceof ClientError && error.code !== "CLIENT_CLOSED") throw new ShellError(error.message);
      if (!(error instanceof CommandError)) throw error;
      this.#complain(line, `${command}: ${error.errorClass}: ${error.desc}`);
    }
    await this.#drained();
  }

  /** Printed as it comes: an event that came after a reply stands after it. */
  #watch(message: QmpMessage): void {
    if (message.kind === "event") {
      if (this.#options.events) this.#print(`${printJson(message.wire)}\n`);
    } else if (message.kind === "reply" && message.id === this.#running?.callId) {
      const { id: _, ...rest } = message.wire;
      const { id } = this.#running;
      if (message.command === "quit" && message.outcome.kind === "return") this.#isQuitting = true;
      this.#print(`${printJson(id === undefined ? rest : { ...rest, id })}\n`);
    }
  }

  async #help(command: string | undefined): Promise<string> {
    const schema = await this.#options.schema.get();
    if (command === undefined || schema === undefined) return overview(schema, HELP_COLUMNS);
    const info = schema.command(command);
    if (info === undefined) throw unknownCommand(command, schema);
    return commandHelp(info, this.#options.docOf(command), plain);
  }

  /** `line`: the one that it is about. */
  #complain(line: number | undefined, text: string): void {
    this.#status = 1;
    const where = line === undefined ? "" : `line ${line}: `;
    this.#options.errors.write(`qmpd: ${where}${visible(text)}\n`);
  }

  #print(text: string): void {
    this.#options.output.write(text);
  }

  /** Waits for whoever reads the output: replies may be large. */
  async #drained(): Promise<void> {
    const { output } = this.#options;
    if (output.writableNeedDrain) await once(output, "drain");
  }
}
