/**
 * What a service is to serve: its types, the small languages that people write it in (endpoints,
 * displays, limits), and the YAML file that holds several machines.
 *
 * Everything here is checked before anything is started: a `ConfigError` says what was wrong, where, and
 * what would be right.
 */

import type {
  DisplayConfig,
  DisplayContent,
  DisplayType,
  MachineConfig,
  MachineType,
} from "../offload/contract.ts";
import * as limits from "../util/limits.ts";

export type Endpoint =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "stdio" };

/** One machine and the endpoints that lead to it (rule N0). */
export interface MachineOptions {
  readonly machine: MachineConfig;
  readonly qmp: readonly Endpoint[];
  readonly name: string | undefined;
  /** `undefined`: none was given, and the machine answers the nil UUID, as QEMU does. */
  readonly uuid: string | undefined;
  /** Starts paused: status `prelaunch` until `cont`. */
  readonly stopped: boolean;
  /** Waits for `x-exit-preconfig` before the machine is built. */
  readonly preconfig: boolean;
  /** Offers the test commands `qtest-timeout` and `qtest-emit`. */
  readonly qtest: boolean;
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
  /** Pool threads. */
  readonly workers: number;
  readonly limits: ServiceLimits;
  /** TCP endpoints may have an address that other hosts reach. */
  readonly allowRemote: boolean;
}

/** A mistake of the one who configures the service.  The message is for people. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "Config";
}

/** Limits by the name that people write: what it bounds, and its default. */
export const LIMITS: Readonly<
  Record<string, { readonly key: keyof ServiceLimits; readonly value: number; readonly help: string }>
> = {
  "async-in-flight": {
    key: "asyncInFlightMax",
    value: limits.ASYNC_IN_FLIGHT_MAX,
    help: "async commands of one session at a time",
  },
  "replies-waiting-bytes": {
    key: "repliesWaitingBytesMax",
    value: limits.REPLIES_WAITING_BYTES_MAX,
    help: "replies that may wait for a client before it starts no further command",
  },
  "stalled-output-bytes": {
    key: "stalledOutputBytes",
    value: limits.STALLED_OUTPUT_BYTES,
    help: "with more than this waiting, a client that reads nothing is closed",
  },
  "stalled-peer-ms": {
    key: "stalledPeerMs",
    value: limits.STALLED_PEER_MS,
    help: "how long such a client may read nothing",
  },
  "events-waiting-bytes": {
    key: "eventsWaitingBytesMax",
    value: limits.EVENTS_WAITING_BYTES_MAX,
    help: "events that may wait for a client before it is closed",
  },
  "output-budget-bytes": {
    key: "outputBudgetBytes",
    value: limits.OUTPUT_BUDGET_BYTES,
    help: "output that waits in all sessions together",
  },
  "input-budget-bytes": {
    key: "inputBudgetBytes",
    value: limits.INPUT_BUDGET_BYTES,
    help: "input that waits in all sessions together",
  },
};

export function defaultLimits(): ServiceLimits {
  return Object.fromEntries(
    Object.values(LIMITS).map(({ key, value }) => [key, value]),
  ) as unknown as ServiceLimits;
}

/** `unix:PATH`, `tcp:HOST:PORT` or `stdio`. */
export function parseEndpoint(text: string): Endpoint {
  if (text === "stdio") return { kind: "stdio" };
  const unix = /^unix:(.+)$/s.exec(text);
  if (unix?.[1] !== undefined) return { kind: "unix", path: unix[1] };
  const tcp = /^tcp:(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text);
  const host = tcp?.[1] ?? tcp?.[2];
  const port = Number(tcp?.[3]);
  if (host !== undefined && port <= 65535) return { kind: "tcp", host, port };
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
    const [name, value = ""] = option.split("=", 2);
    if (name === "heads") heads = Number(value);
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

/** Sets one limit, written `NAME=VALUE`. */
export function parseLimit(text: string, into: ServiceLimits): ServiceLimits {
  const [name = "", value = ""] = text.split("=", 2);
  const limit = Object.hasOwn(LIMITS, name) ? LIMITS[name] : undefined;
  if (limit === undefined) {
    throw new ConfigError(`'${name}' is no limit: there are ${Object.keys(LIMITS).join(", ")}`);
  }
  if (!/^[1-9]\d{0,14}$/.test(value))
    throw new ConfigError(`limit ${name} is not a whole number above 0: '${value}'`);
  return { ...into, [limit.key]: Number(value) };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function parseUuid(text: string): string {
  if (!UUID.test(text)) throw new ConfigError(`'${text}' is no UUID: write 8-4-4-4-12 hexadecimal digits`);
  return text.toLowerCase();
}

export function parseMachineType(text: string): MachineType {
  if (text !== "none" && text !== "test")
    throw new ConfigError(`there is no machine type '${text}': use test or none`);
  return text;
}

/** The display of machine type `test` when none is asked for. */
export const DEFAULT_DISPLAY = "VGA:1024x768";

// ---- The configuration file ----

type Fields = Readonly<Record<string, unknown>>;

const FILE_FIELDS = ["machines", "workers", "limits", "allow-remote"];
const MACHINE_FIELDS = ["name", "uuid", "type", "displays", "qmp", "stopped", "preconfig", "qtest"];

/** Reads a configuration file's text.  `file` is its name, for errors; `workers` the default. */
export async function parseConfigFile(text: string, file: string, workers: number): Promise<ServiceConfig> {
  // Loaded by those who have such a file, and not at every start.
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text);
  const fault = document.errors[0];
  if (fault !== undefined) throw new ConfigError(`${file}: ${fault.message}`);
  const at = (place: string, problem: string): ConfigError =>
    new ConfigError(`${file}: ${place}: ${problem}`);
  const top = fields(document.toJS(), "the file", FILE_FIELDS, at);
  const machines = list(top.machines, "machines", at);
  if (machines.length === 0) throw at("machines", "a service needs at least one");
  let serviceLimits = defaultLimits();
  for (const [name, value] of Object.entries(fields(top.limits ?? {}, "limits", Object.keys(LIMITS), at))) {
    serviceLimits = parseLimit(`${name}=${String(value)}`, serviceLimits);
  }
  return {
    machines: machines.map((machine, index) => machineOptions(machine, `machines[${index}]`, at)),
    workers: top.workers === undefined ? workers : positive(top.workers, "workers", at),
    limits: serviceLimits,
    allowRemote: flag(top["allow-remote"], "allow-remote", at),
  };
}

type At = (place: string, problem: string) => ConfigError;

function machineOptions(value: unknown, place: string, at: At): MachineOptions {
  const machine = fields(value, place, MACHINE_FIELDS, at);
  const inPlace = <T>(field: string, parse: (text: string) => T, fieldValue: unknown): T => {
    if (typeof fieldValue !== "string") throw at(`${place}.${field}`, "a string is expected");
    try {
      return parse(fieldValue);
    } catch (error) {
      if (error instanceof ConfigError) throw at(`${place}.${field}`, error.message);
      throw error;
    }
  };
  const type = inPlace("type", parseMachineType, machine.type ?? "test");
  const displays = machine.displays ?? (type === "test" ? [DEFAULT_DISPLAY] : []);
  const qmp = list(machine.qmp, `${place}.qmp`, at);
  if (qmp.length === 0) throw at(`${place}.qmp`, "a machine needs at least one endpoint");
  return {
    machine: {
      type,
      displays: list(displays, `${place}.displays`, at).map((display) =>
        inPlace("displays", parseDisplay, display),
      ),
    },
    qmp: qmp.map((endpoint) => inPlace("qmp", parseEndpoint, endpoint)),
    name: machine.name === undefined ? undefined : inPlace("name", (name) => name, machine.name),
    uuid: machine.uuid === undefined ? undefined : inPlace("uuid", parseUuid, machine.uuid),
    stopped: flag(machine.stopped, `${place}.stopped`, at),
    preconfig: flag(machine.preconfig, `${place}.preconfig`, at),
    qtest: flag(machine.qtest, `${place}.qtest`, at),
  };
}

function fields(value: unknown, place: string, known: readonly string[], at: At): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw at(place, "a mapping is expected");
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw at(place, `unknown key '${name}'; known are ${known.join(", ")}`);
  }
  return value as Fields;
}

function list(value: unknown, place: string, at: At): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw at(place, "a list is expected");
  return value;
}

function flag(value: unknown, place: string, at: At): boolean {
  if (value === undefined) return false;
  if (typeof value !== "boolean") throw at(place, "true or false is expected");
  return value;
}

function positive(value: unknown, place: string, at: At): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw at(place, "a whole number above 0 is expected");
  return value as number;
}
