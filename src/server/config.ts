/**
 * What a service is to serve: its types, and the small languages that people write it in (endpoints,
 * displays, limits).
 *
 * Everything here is checked before anything is started: a `ConfigError` says what was wrong, where, and
 * what would be right.
 */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { type Endpoint, readEndpoint } from "../chardev/endpoint.ts";
import type {
  DisplayConfig,
  DisplayContent,
  DisplayType,
  MachineConfig,
  MachineType,
} from "../offload/contract.ts";
import type { PluginSource } from "../plugin/host.ts";
import * as limits from "../util/limits.ts";
import { ConfigError } from "./config-error.ts";
import type { SerialConfig } from "./pc-config.ts";

export type { Endpoint };
export { ConfigError };

/** One machine and the endpoints that lead to it (rule N0). */
export interface MachineOptions {
  readonly machine: MachineConfig;
  readonly qmp: readonly Endpoint[];
  /** Where people, and programs that act as they do, reach the human monitor. */
  readonly monitor?: readonly Endpoint[];
  readonly name?: string | undefined;
  /** Without one the machine answers the nil UUID, as QEMU does. */
  readonly uuid?: string | undefined;
  /** Of a PC: where its serial port leads to; by default a ring buffer. */
  readonly serial?: SerialConfig;
  /** Of a PC: the directory that its snapshots are kept in. */
  readonly snapshots?: string;
  /** Starts paused: status `prelaunch` until `cont`. */
  readonly stopped?: boolean;
  /** Waits for `x-exit-preconfig` before the machine is built. */
  readonly preconfig?: boolean;
  /** Offers the test commands `qtest-timeout` and `qtest-emit`. */
  readonly qtest?: boolean;
  /** Adds commands and events: plugins, or the files that export them, from the working directory. */
  readonly plugins?: readonly PluginSource[];
}

/** The bounds that an operator may set; `LIMITS` describes them. */
export interface ServiceLimits {
  readonly asyncInFlightMax: number;
  readonly repliesWaitingBytesMax: number;
  readonly stalledOutputBytes: number;
  readonly stalledPeerMs: number;
  readonly eventsWaitingBytesMax: number;
  readonly outputBudgetBytes: number;
  readonly inputBudgetBytes: number;
}

export interface ServiceConfig {
  readonly machines: readonly MachineOptions[];
  /** Pool threads; by default one for each core. */
  readonly workers?: number;
  /** By default those of `defaultLimits`. */
  readonly limits?: Partial<ServiceLimits>;
  /** TCP endpoints may have an address that other hosts reach. */
  readonly allowRemote?: boolean;
}

/** Limits by the name that people write: what it bounds, and its default. */
export const LIMITS: Readonly<
  Record<
    string,
    { readonly key: keyof ServiceLimits; readonly value: number; readonly max: number; readonly help: string }
  >
> = {
  "async-in-flight": {
    key: "asyncInFlightMax",
    value: limits.ASYNC_IN_FLIGHT_MAX,
    max: limits.OPERATOR_COUNT_MAX,
    help: "async commands of one session at a time",
  },
  "replies-waiting-bytes": {
    key: "repliesWaitingBytesMax",
    value: limits.REPLIES_WAITING_BYTES_MAX,
    max: limits.OPERATOR_BYTES_MAX,
    help: "replies that may wait for a client before it starts no further command",
  },
  "stalled-output-bytes": {
    key: "stalledOutputBytes",
    value: limits.STALLED_OUTPUT_BYTES,
    max: limits.OPERATOR_BYTES_MAX,
    help: "with more than this waiting, a client that reads nothing is closed",
  },
  "stalled-peer-ms": {
    key: "stalledPeerMs",
    value: limits.STALLED_PEER_MS,
    max: limits.TIMER_MS_MAX,
    help: "how long such a client may read nothing",
  },
  "events-waiting-bytes": {
    key: "eventsWaitingBytesMax",
    value: limits.EVENTS_WAITING_BYTES_MAX,
    max: limits.OPERATOR_BYTES_MAX,
    help: "events that may wait for a client before it is closed",
  },
  "output-budget-bytes": {
    key: "outputBudgetBytes",
    value: limits.OUTPUT_BUDGET_BYTES,
    max: limits.OPERATOR_BYTES_MAX,
    help: "output that waits in all sessions together",
  },
  "input-budget-bytes": {
    key: "inputBudgetBytes",
    value: limits.INPUT_BUDGET_BYTES,
    max: limits.OPERATOR_BYTES_MAX,
    help: "input that waits in all sessions together",
  },
};

export function defaultLimits(): ServiceLimits {
  return Object.fromEntries(
    Object.values(LIMITS).map(({ key, value }) => [key, value]),
  ) as unknown as ServiceLimits;
}

export function defaultWorkers(): number {
  return Math.min(availableParallelism(), limits.POOL_THREADS_COUNT_MAX);
}

/** What only the whole shows: throws {@link ConfigError} for two endpoints that cannot both be, or too many threads. */
export function checkServiceConfig({ machines, workers = 1 }: ServiceConfig): void {
  if (!Number.isInteger(workers) || workers < 1 || workers > limits.POOL_THREADS_COUNT_MAX)
    throw new ConfigError(
      `${workers} workers cannot be: use a number from 1 to ${limits.POOL_THREADS_COUNT_MAX}`,
    );
  const taken = new Set<string>();
  for (const endpoint of machines.flatMap(({ qmp, monitor = [], serial }) => [
    ...qmp,
    ...monitor,
    ...(serial?.kind === "socket" ? [serial.endpoint] : []),
  ])) {
    const address = addressOf(endpoint);
    if (address === undefined) continue;
    if (taken.has(address))
      throw new ConfigError(`two endpoints are ${address}: each belongs to one machine, once`);
    taken.add(address);
  }
}

/** What nobody else can have then; `undefined` when the system chooses. */
function addressOf(endpoint: Endpoint): string | undefined {
  switch (endpoint.kind) {
    case "stdio":
      return "stdio";
    case "unix":
      return `unix:${resolve(endpoint.path)}`;
    case "tcp":
      return endpoint.port === 0 ? undefined : `tcp:${endpoint.host.toLowerCase()}:${endpoint.port}`;
  }
}

/** `unix:PATH`, `tcp:HOST:PORT` or `stdio`. */
export function parseEndpoint(text: string): Endpoint {
  const endpoint = readEndpoint(text);
  if (endpoint !== undefined) return endpoint;
  throw new ConfigError(`'${text}' is no endpoint: write unix:PATH, tcp:HOST:PORT or stdio`);
}

const DISPLAY_FORM = "TYPE:WIDTHxHEIGHT[,heads=N][,id=ID][,content=moving|still]";

/** `VGA:1024x768`, `qxl:1920x1080,heads=2,id=video0,content=still`. */
export function parseDisplay(text: string): DisplayConfig {
  const [head = "", ...options] = text.split(",");
  const match = /^(\w+):(\d+)x(\d+)$/.exec(head);
  if (match === null) throw new ConfigError(`'${text}' is no display: write ${DISPLAY_FORM}`);
  let heads = 1;
  let id: string | undefined;
  let content: DisplayContent = "moving";
  for (const option of options) {
    const [name, value] = splitAtEquals(option);
    if (name === "heads") heads = headCount(value, option);
    else if (name === "id") id = value;
    else if (name === "content") content = value as DisplayContent;
    else throw new ConfigError(`'${option}' is no option of a display: write ${DISPLAY_FORM}`);
  }
  // The machine checks the values: it alone knows what it can show.
  return {
    type: match[1] as DisplayType,
    width: Number(match[2]),
    height: Number(match[3]),
    content,
    heads,
    id,
  };
}

function headCount(value: string, option: string): number {
  if (!/^\d{1,6}$/.test(value)) throw new ConfigError(`'${option}': the heads are a whole number above 0`);
  return Number(value);
}

/** `NAME=VALUE`; a value may have an equals sign in it. */
function splitAtEquals(text: string): readonly [name: string, value: string] {
  const end = text.indexOf("=");
  return end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end + 1)];
}

/** Sets one limit, written `NAME=VALUE`. */
export function parseLimit(text: string, into: ServiceLimits): ServiceLimits {
  const [name, value] = splitAtEquals(text);
  const limit = Object.hasOwn(LIMITS, name) ? LIMITS[name] : undefined;
  if (limit === undefined) {
    throw new ConfigError(`'${name}' is no limit: there are ${Object.keys(LIMITS).join(", ")}`);
  }
  if (!/^[1-9]\d{0,14}$/.test(value))
    throw new ConfigError(`limit ${name} is not a whole number above 0: '${value}'`);
  if (Number(value) > limit.max) throw new ConfigError(`limit ${name} is at most ${limit.max}: '${value}'`);
  return { ...into, [limit.key]: Number(value) };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function parseUuid(text: string): string {
  if (!UUID.test(text)) throw new ConfigError(`'${text}' is no UUID: write 8-4-4-4-12 hexadecimal digits`);
  return text.toLowerCase();
}

export function parseMachineType(text: string): MachineType {
  if (text !== "pc" && text !== "none" && text !== "test")
    throw new ConfigError(`there is no machine type '${text}': use pc, test or none`);
  return text;
}

/** The display of machine type `test` when none is asked for. */
export const DEFAULT_DISPLAY = "VGA:1024x768";
