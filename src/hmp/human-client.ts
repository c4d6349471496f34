/**
 * A client of the human monitor: a connection at whose other end somebody types, or a program does.
 *
 *     reading ---line---> running ---output, prompt---> reading
 *        |                   '---quit, stop---> leaving ---> closed
 *        '---stop, end of input---> leaving ------------------^
 *
 * Completing a name that the machine knows is such a command, too.
 *
 * It is no QMP session: nothing is negotiated, no event is told, `query-sessions` does not list it.  Each client
 * has a history, a format of memory and a line of its own; while its command runs it alone is suspended, and what is
 * typed meanwhile waits.  It reads ahead, up to a limit, so that it notices when its peer has gone: then its command
 * is cancelled (rule C4).  A peer that does not read what was printed is given nothing more to print.
 */

import type { CallerContext } from "../qmp/call-command.ts";
import type { MonitorInfo, SessionInfo } from "../qmp/context.ts";
import { isDefect, QmpError } from "../qmp/errors.ts";
import { HUMAN_PROMPT } from "../qmp/greeting.ts";
import type { Connection, ConnectionListener } from "../qmp/wire.ts";
import { HMP_COMPLETIONS_COUNT_MAX, HMP_TURN_CHARS_MAX, READ_AHEAD_BYTES_MAX } from "../util/limits.ts";
import { complete, matching } from "./completion.ts";
import { newMemory } from "./hmp-memory.ts";
import type { HumanMonitor } from "./human-monitor.ts";
import { LineEditor } from "./line-editor.ts";

export interface HumanClientPort {
  readonly human: HumanMonitor;
  /** What commands ask of the monitor that they run on. */
  readonly monitor: MonitorInfo;
  readonly keyNames: readonly string[];
  /** A number that no session has had: what commands hold is held by it. */
  readonly sessionId: number;
  nextTurn(callback: () => void): void;
  /** The connection is over; exactly once. */
  closed(client: HumanClient): void;
  /** A defect of this program came up while `line` was run. */
  defect(error: unknown, line: string): void;
}

/** What only the machine knows. */
interface MachineNames {
  readonly word: string;
  readonly kind: Parameters<HumanMonitor["names"]>[0];
}

type State = "reading" | "running" | "leaving" | "closed";

export class HumanClient implements ConnectionListener {
  readonly #port: HumanClientPort;
  readonly #connection: Connection;
  readonly #editor: LineEditor;
  readonly #memory = newMemory();
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  #state: State = "reading";
  /** What has arrived and was not looked at, from `#read` on. */
  #input = "";
  #read = 0;
  /** Of `#input`, what this turn looks at. */
  #turnEnd = 0;
  #isInputOver = false;
  #isPaused = false;
  /** The connection is full: `drain` will come. */
  #isBlocked = false;
  #isScheduled = false;
  /** Names that the line waits for. */
  #wanted: MachineNames | undefined;
  /** Gathered in this turn. */
  #output = "";
  /** Of the command that runs. */
  #abort: AbortController | undefined;

  /** The prompt has been written to the connection already. */
  constructor(port: HumanClientPort, connection: Connection) {
    this.#port = port;
    this.#connection = connection;
    this.#editor = new LineEditor({
      prompt: HUMAN_PROMPT,
      write: (text) => {
        this.#output += text;
      },
      complete: (text) => {
        // It looks at all of this again, and may show nothing for it.
        this.#turnEnd -= text.length;
        const found = complete(port.human.commands, text);
        if ("candidates" in found) return found;
        if (found.kind === "key") return matching(port.keyNames, found.word);
        this.#wanted = { word: found.word, kind: found.kind };
        return undefined;
      },
    });
    connection.start(this);
  }

  // ---- What the connection tells ----

  data(bytes: Uint8Array): void {
    this.#input = this.#input.slice(this.#read) + this.#decoder.decode(bytes, { stream: true });
    this.#read = 0;
    this.#run();
  }

  inputEnd(): void {
    this.#isInputOver = true;
    this.#run();
  }

  drain(): void {
    this.#isBlocked = false;
    this.#run();
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#abort?.abort(CLIENT_GONE);
    this.#port.closed(this);
  }

  // ---- What the machine's end asks ----

  /** Reads no further line, and closes when the command that runs has ended. */
  stop(): void {
    if (this.#state === "running") this.#memory.isLeaving = true;
    else if (this.#state === "reading") this.#leave();
  }

  /** Cancels the command that runs. */
  cancel(): void {
    this.#abort?.abort(CLIENT_GONE);
  }

  destroy(): void {
    this.#connection.destroy();
  }

  // ---- What is typed ----

  /** Looks at what has come, for one turn of the event loop. */
  #run(): void {
    if (this.#state === "reading" && !this.#isBlocked && !this.#isScheduled) this.#takeInput();
    this.#regulateInput();
  }

  #takeInput(): void {
    this.#turnEnd = this.#read + HMP_TURN_CHARS_MAX;
    while (this.#read < this.#input.length) {
      if (this.#read >= this.#turnEnd || this.#output.length > HMP_TURN_CHARS_MAX) {
        this.#flush();
        return this.#runLater();
      }
      const character = String.fromCodePoint(this.#input.codePointAt(this.#read) ?? 0);
      this.#read += character.length;
      const line = this.#editor.type(character);
      const wanted = this.#wanted;
      this.#wanted = undefined;
      if (wanted !== undefined) {
        this.#flush();
        return void this.#lookUp(wanted);
      }
      if (line === undefined) continue;
      this.#flush();
      return void this.#runLine(line);
    }
    this.#flush();
    if (this.#isInputOver) this.#leave();
  }

  #runLater(): void {
    this.#isScheduled = true;
    this.#port.nextTurn(() => {
      this.#isScheduled = false;
      this.#run();
    });
  }

  async #runLine(line: string): Promise<void> {
    const isThere = await this.#suspended(async (caller) => {
      try {
        await this.#port.human.runLine(line, this.#memory, caller, (text) => this.#print(text));
      } catch (error) {
        this.#print(this.#failed(error, line));
      }
    });
    if (!isThere) return;
    this.#output += HUMAN_PROMPT;
    this.#goOn();
  }

  /** Completes what is typed with names that the machine knows; with none where it does not tell them. */
  async #lookUp({ word, kind }: MachineNames): Promise<void> {
    let names: readonly string[] = [];
    const isThere = await this.#suspended(async (caller) => {
      try {
        names = await this.#port.human.names(kind, caller);
      } catch (error) {
        if (isDefect(error)) this.#port.defect(error, word);
      }
    });
    if (!isThere) return;
    const completion = matching(names, word);
    // A list of more is no help, and takes long to make.
    if (completion.candidates.length <= HMP_COMPLETIONS_COUNT_MAX) this.#editor.completed(completion);
    this.#goOn();
  }

  /** Reads nothing while `work` goes on.  Answers whether it is to read again. */
  async #suspended(work: (caller: CallerContext) => Promise<void>): Promise<boolean> {
    this.#state = "running";
    this.#abort = new AbortController();
    await work(this.#caller(this.#abort.signal));
    this.#abort = undefined;
    // It may have closed meanwhile.
    if ((this.#state as State) === "closed") return false;
    this.#state = "reading";
    if (!this.#memory.isLeaving) return true;
    this.#leave();
    return false;
  }

  #goOn(): void {
    this.#flush();
    // Not at once: a client that sends many lines in one go has others wait for one of them only.
    this.#runLater();
    this.#regulateInput();
  }

  /** Of the command that runs. */
  #print(text: string): void {
    this.#output += text;
    if (this.#output.length > HMP_TURN_CHARS_MAX) this.#flush();
  }

  #failed(error: unknown, line: string): string {
    if (isDefect(error)) this.#port.defect(error, line);
    return error instanceof QmpError ? `Error: ${error.message}\r\n` : DEFECT_TEXT;
  }

  #caller(signal: AbortSignal): CallerContext {
    const { monitor, sessionId } = this.#port;
    const session: SessionInfo = {
      sessionId,
      has: () => false,
      negotiate() {
        throw new QmpError("The human monitor has no capabilities", "CommandNotFound");
      },
    };
    return {
      id: undefined,
      session,
      monitor,
      signal,
      progress() {},
      emitUnicast() {},
      replyRoom: () => Promise.resolve(),
    };
  }

  #leave(): void {
    this.#state = "leaving";
    this.#flush();
    this.#connection.end();
  }

  #flush(): void {
    if (this.#output === "") return;
    const bytes = this.#encoder.encode(this.#output);
    this.#output = "";
    if (!this.#connection.write(bytes)) this.#isBlocked = true;
  }

  #regulateInput(): void {
    const isFull = this.#input.length - this.#read >= READ_AHEAD_BYTES_MAX;
    if (this.#isInputOver || isFull === this.#isPaused || this.#state === "closed") return;
    this.#isPaused = isFull;
    if (isFull) this.#connection.pause();
    else this.#connection.resume();
  }
}

/** Nobody reads it: who would has gone. */
const CLIENT_GONE = new QmpError("Command cancelled");
const DEFECT_TEXT = "Error: Internal error; the server's log says more\r\n";
