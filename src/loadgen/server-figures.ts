/**
 * What a server takes of the computer: from its metrics, in the text format of Prometheus with the names that
 * prom-client gives them, or from the process itself, where it runs on this computer.
 */

import { readFileSync } from "node:fs";
import { LoadError } from "./load-error.ts";

export interface ServerFigure {
  /** Processor time since it started, of all its threads. */
  readonly cpuMs: number | undefined;
  readonly loopDelayMs: number | undefined;
}

export interface ServerFigures {
  read(): Promise<ServerFigure>;
  cpuMs(): Promise<number | undefined>;
}

const READ_TIMEOUT_MS = 500;
/** Linux counts the processor time of /proc in hundredths of a second. */
const MS_PER_TICK = 10;

const CPU = "process_cpu_seconds_total";
/** The first that is there. */
const LOOP_DELAYS = ["nodejs_eventloop_lag_p99_seconds", "nodejs_eventloop_lag_seconds"];

/** Reads once, to tell at once when nothing is there that is looked for.  Rejects with {@link LoadError}. */
export async function metricsFigures(url: string): Promise<ServerFigures> {
  const read = async (): Promise<ServerFigure> => {
    const response = await fetch(url, { signal: AbortSignal.timeout(READ_TIMEOUT_MS) });
    const text = await response.text();
    if (!response.ok) throw new Error(`status ${response.status}`);
    const cpu = metric(text, CPU);
    const delay = LOOP_DELAYS.map((name) => metric(text, name)).find((value) => value !== undefined);
    return { cpuMs: cpu && cpu * 1000, loopDelayMs: delay && delay * 1000 };
  };
  const nothing = { cpuMs: undefined, loopDelayMs: undefined };
  let first: ServerFigure;
  try {
    first = await read();
  } catch (error) {
    throw new LoadError(`--metrics ${url}: nothing can be read there (${reasonOf(error)})`, { cause: error });
  }
  if (first.cpuMs === undefined && first.loopDelayMs === undefined) {
    throw new LoadError(`--metrics ${url}: it has neither ${CPU} nor ${LOOP_DELAYS.join(" nor ")}`);
  }
  // A server under load may not answer in time: that second has no figure.
  const readOrNothing = (): Promise<ServerFigure> => read().catch(() => nothing);
  return { read: readOrNothing, cpuMs: async () => (await readOrNothing()).cpuMs };
}

function metric(text: string, name: string): number | undefined {
  const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, "m").exec(text)?.[1];
  // There may be no value yet: then it says NaN.  Neither time nor delay is below zero.
  const figure = Number(value);
  return value !== undefined && Number.isFinite(figure) && figure >= 0 ? figure : undefined;
}

/** `fetch` keeps the reason in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  return cause instanceof Error ? cause.message : message;
}

/** Throws {@link LoadError} when there is no such process. */
export function processFigures(pid: number): ServerFigures {
  // Source: proc(5), fields 14 and 15 of `stat`.
  const read = (): number => {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  };
  const readOrNothing = (): number | undefined => {
    try {
      return read();
    } catch {
      return undefined; // It has ended.
    }
  };
  if (readOrNothing() === undefined)
    throw new LoadError(`--server-pid ${pid}: there is no such process here`);
  return {
    read: async () => ({ cpuMs: readOrNothing(), loopDelayMs: undefined }),
    cpuMs: async () => readOrNothing(),
  };
}
