/** Times and figures, as people write them and as tables show them. */

import { UsageError } from "./load-error.ts";

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** `500us`, `10ms`, `30s`, `2m`, `1h`; undefined when `text` is no time. */
export function readTimeMs(text: string): number | undefined {
  const [, figure, unit = ""] = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)$/.exec(text.trim()) ?? [];
  return figure === undefined ? undefined : Number(figure) * (MS_PER_UNIT[unit] ?? 0);
}

/** Throws {@link UsageError}; `what` is named there. */
export function parseTimeMs(text: string, what: string): number {
  const ms = readTimeMs(text);
  if (ms === undefined) throw new UsageError(`${what}: '${text}' is no time such as 500ms, 30s or 2m`);
  return ms;
}

/** Three figures that matter, in the unit that suits. */
export function timeText(us: number): string {
  if (us < 1000) return `${figureText(us)} us`;
  if (us < 1_000_000) return `${figureText(us / 1000)} ms`;
  return `${figureText(us / 1_000_000)} s`;
}

export function figureText(value: number): string {
  if (value === 0) return "0";
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

export function percentText(share: number): string {
  return `${figureText(share * 100)} %`;
}
