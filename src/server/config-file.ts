/**
 * The configuration file: YAML that says what several machines are, and what they share.  A `ConfigError` names
 * the place in it.
 */

import type { PcConfig } from "../offload/pc-contract.ts";
import {
  ConfigError,
  DEFAULT_DISPLAY,
  defaultLimits,
  defaultWorkers,
  LIMITS,
  type MachineOptions,
  parseDisplay,
  parseEndpoint,
  parseLimit,
  parseMachineType,
  parseUuid,
  type ServiceConfig,
} from "./config.ts";
import { type PcOptions, parseSerial, pcConfig } from "./pc-config.ts";

type Fields = Readonly<Record<string, unknown>>;

const FILE_FIELDS = ["machines", "workers", "limits", "allow-remote"];
const MACHINE_FIELDS = [
  "name",
  "uuid",
  "type",
  "displays",
  "qmp",
  "monitor",
  "stopped",
  "preconfig",
  "qtest",
  "plugins",
];
/** Those of a PC that are texts; by the names of the command line. */
const PC_TEXTS = {
  memory: "memory",
  bios: "bios",
  "vga-bios": "vgaBios",
  hda: "hda",
  cdrom: "cdrom",
  fda: "fda",
  kernel: "kernel",
  initrd: "initrd",
  append: "append",
  boot: "boot",
  "triple-fault": "tripleFault",
} as const satisfies Record<string, keyof PcOptions>;
const PC_FIELDS = [...Object.keys(PC_TEXTS), "snapshot", "no-reboot", "no-shutdown", "serial", "snapshots"];

/** Reads a configuration file's text.  `file` is its name, for errors. */
export async function parseConfigFile(text: string, file: string): Promise<ServiceConfig> {
  const at = (place: string, problem: string): ConfigError =>
    new ConfigError(`${file}: ${place}: ${problem}`);
  const top = fields(await parseYaml(text, file), "the file", FILE_FIELDS, at);
  const machines = list(top.machines, "machines", at);
  if (machines.length === 0) throw at("machines", "a service needs at least one");
  let serviceLimits = defaultLimits();
  for (const [name, value] of Object.entries(fields(top.limits ?? {}, "limits", Object.keys(LIMITS), at))) {
    serviceLimits = parseLimit(`${name}=${String(value)}`, serviceLimits);
  }
  return {
    machines: machines.map((machine, index) => machineOptions(machine, `machines[${index}]`, at)),
    workers: top.workers === undefined ? defaultWorkers() : positive(top.workers, "workers", at),
    limits: serviceLimits,
    allowRemote: flag(top["allow-remote"], "allow-remote", at),
  };
}

async function parseYaml(text: string, file: string): Promise<unknown> {
  // Loaded by those who have such a file, and not at every start.
  const { parseDocument } = await import("yaml");
  try {
    const document = parseDocument(text);
    const fault = document.errors[0];
    if (fault !== undefined) throw fault;
    return document.toJS();
  } catch (error) {
    // Not only faults of the syntax: an alias of nothing, aliases that multiply, brackets without an end.
    throw new ConfigError(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

type At = (place: string, problem: string) => ConfigError;

function machineOptions(value: unknown, place: string, at: At): MachineOptions {
  const machine = fields(value, place, [...MACHINE_FIELDS, ...PC_FIELDS], at);
  const inPlace = <T>(field: string, parse: (text: string) => T, fieldValue: unknown): T => {
    if (typeof fieldValue !== "string") throw at(`${place}.${field}`, "a string is expected");
    try {
      return parse(fieldValue);
    } catch (error) {
      if (error instanceof ConfigError) throw at(`${place}.${field}`, error.message);
      throw error;
    }
  };
  const type = inPlace("type", parseMachineType, machine.type ?? "pc");
  const misplaced = type === "pc" ? undefined : PC_FIELDS.find((name) => machine[name] !== undefined);
  if (misplaced !== undefined) throw at(`${place}.${misplaced}`, "only a machine of type pc has it");

  const displays = machine.displays ?? (type === "test" ? [DEFAULT_DISPLAY] : []);
  const qmp = list(machine.qmp, `${place}.qmp`, at);
  if (qmp.length === 0) throw at(`${place}.qmp`, "a machine needs at least one endpoint");
  return {
    machine: {
      type,
      displays: list(displays, `${place}.displays`, at).map((display) =>
        inPlace("displays", parseDisplay, display),
      ),
      pc: type === "pc" ? readPc(machine, place, at) : undefined,
    },
    ...(machine.serial === undefined ? {} : { serial: inPlace("serial", parseSerial, machine.serial) }),
    ...(machine.snapshots === undefined
      ? {}
      : { snapshots: inPlace("snapshots", (directory) => directory, machine.snapshots) }),
    qmp: qmp.map((endpoint) => inPlace("qmp", parseEndpoint, endpoint)),
    monitor: list(machine.monitor, `${place}.monitor`, at).map((endpoint) =>
      inPlace("monitor", parseEndpoint, endpoint),
    ),
    name: machine.name === undefined ? undefined : inPlace("name", (name) => name, machine.name),
    uuid: machine.uuid === undefined ? undefined : inPlace("uuid", parseUuid, machine.uuid),
    stopped: flag(machine.stopped, `${place}.stopped`, at),
    preconfig: flag(machine.preconfig, `${place}.preconfig`, at),
    qtest: flag(machine.qtest, `${place}.qtest`, at),
    plugins: list(machine.plugins, `${place}.plugins`, at).map((plugin) =>
      inPlace("plugins", (file) => file, plugin),
    ),
  };
}

function readPc(machine: Fields, place: string, at: At): PcConfig {
  const texts = Object.entries(PC_TEXTS).map(([name, option]) => {
    const value = machine[name];
    // A size is written as a number as well.
    const text = typeof value === "number" ? String(value) : value;
    if (text !== undefined && typeof text !== "string") throw at(`${place}.${name}`, "a string is expected");
    return [option, text];
  });
  try {
    return pcConfig({
      ...Object.fromEntries(texts),
      snapshot: flag(machine.snapshot, `${place}.snapshot`, at),
      reboot: !flag(machine["no-reboot"], `${place}.no-reboot`, at),
      shutdown: !flag(machine["no-shutdown"], `${place}.no-shutdown`, at),
    });
  } catch (error) {
    if (error instanceof ConfigError) throw at(place, error.message);
    throw error;
  }
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
