/**
 * Lines that were typed, put together to inputs: most are one line; JSON goes on until it is closed.
 */

import { JsonTextReader } from "../qjson/text.ts";
import { isJsonLine } from "./requests.ts";

export class InputLines {
  #lines: string[] = [];
  /** Of JSON that is not closed yet. */
  #json: JsonTextReader | undefined;

  /** Whether more lines belong to what has been typed. */
  get isOpen(): boolean {
    return this.#json !== undefined;
  }

  /** The input that `line` completes, also if it is in error; undefined while it is open. */
  add(line: string): string | undefined {
    if (this.#json === undefined && !isJsonLine(line)) return line;
    this.#json ??= new JsonTextReader();
    this.#lines.push(line);
    if (this.#json.push(line).kind === "incomplete") return undefined;
    const text = this.#lines.join("\n");
    this.drop();
    return text;
  }

  /** Forgets what is open. */
  drop(): void {
    this.#lines = [];
    this.#json = undefined;
  }
}

/** A complete input on one line: JSON has line ends between its words alone. */
export function onOneLine(input: string): string {
  return input.replace(/\s*\n\s*/g, " ");
}
