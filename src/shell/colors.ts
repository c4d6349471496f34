/** Colours, or none: one place decides, and hands on a function that paints. */

import { styleText } from "node:util";

/** What a text is. */
export type Paint = "name" | "string" | "number" | "word" | "event" | "error" | "dim" | "prompt";

export type Painter = (paint: Paint, text: string) => string;

const STYLES = {
  name: "blue",
  string: "green",
  number: "cyan",
  word: "yellow",
  event: "magenta",
  error: "red",
  dim: "gray",
  prompt: "bold",
} as const;

export const plain: Painter = (_, text) => text;

/** Whether there is a terminal has been decided before: later versions of Node.js would look at standard output again. */
export const colored: Painter = (paint, text) => styleText(STYLES[paint], text, { validateStream: false });

/** Sources: https://no-color.org; a terminal that calls itself dumb has no colours. */
export function painterFor(isTerminal: boolean, env: NodeJS.ProcessEnv): Painter {
  const isUnwanted = (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb";
  return isTerminal && !isUnwanted ? colored : plain;
}
