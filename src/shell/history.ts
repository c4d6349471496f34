/**
 * The lines that were typed, in a file of the user's state: one line each, the newest last.
 *
 * Each line is appended when it is typed, so that several shells share the file and a crash loses nothing.  A history
 * that cannot be kept is told once, and the shell goes on without it.
 */

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { makeFolder } from "../files/make-folder.ts";

/** Lines that are kept. */
export const HISTORY_LINES_MAX = 1000;

/** Source: XDG base directory specification; a relative path in the variable is to be ignored. */
export function historyFile(env: NodeJS.ProcessEnv): string {
  const given = env.XDG_STATE_HOME ?? "";
  return join(isAbsolute(given) ? given : join(homedir(), ".local", "state"), "qmpd", "history");
}

export class History {
  readonly #file: string;
  readonly #complain: (message: string) => void;
  #isKept = true;

  constructor(file: string, complain: (message: string) => void) {
    this.#file = file;
    this.#complain = complain;
  }

  /** The lines there are, the newest first, as readline wants them. */
  load(): string[] {
    const lines = this.#lines();
    if (lines.length > 2 * HISTORY_LINES_MAX) {
      this.#try(() =>
        writeFileSync(this.#file, `${lines.slice(-HISTORY_LINES_MAX).join("\n")}\n`, { mode: 0o600 }),
      );
    }
    return lines.slice(-HISTORY_LINES_MAX).reverse();
  }

  /** `line`: one, and not blank. */
  add(line: string): void {
    this.#try(() => {
      makeFolder(dirname(this.#file), 0o700);
      appendFileSync(this.#file, `${line}\n`, { mode: 0o600 });
    });
  }

  #lines(): string[] {
    try {
      return readFileSync(this.#file, "utf8")
        .split("\n")
        .filter((line) => line !== "");
    } catch {
      return []; // There is none yet; that it cannot be written is told when it is.
    }
  }

  #try(write: () => void): void {
    if (!this.#isKept) return;
    try {
      write();
    } catch (error) {
      this.#isKept = false;
      const reason = error instanceof Error ? error.message : String(error);
      this.#complain(`the history is not kept: ${reason}`);
    }
  }
}
