/**
 * What the human monitor tells about the machine: the commands behind `info`.  Their layout is QEMU's, which other
 * programs take apart.
 */

import type { ChardevInfo } from "../qapi/generated/char.ts";
import type { VersionInfo } from "../qapi/generated/control.ts";
import type { CpuInfoFast } from "../qapi/generated/machine.ts";
import type { NameInfo } from "../qapi/generated/misc.ts";
import type { ObjectPropertyInfo } from "../qapi/generated/qom.ts";
import type { StatusInfo } from "../qapi/generated/run-state.ts";
import type { CallCommand } from "../qmp/call-command.ts";
import { QmpError } from "../qmp/errors.ts";
import type { HmpArguments } from "./arguments.ts";
import { blockText } from "./block-text.ts";
import type { HmpCommand, HmpContext, HmpLeaf } from "./command.ts";
import { mappedRangesText } from "./mapped-ranges.ts";
import { registersText } from "./registers.ts";
import { jobsText, snapshotsText } from "./snapshot-commands.ts";

/** What such a command is, where it takes no arguments. */
type Plain = Pick<HmpLeaf, "help" | "run" | "allowPreconfig">;

const info = (name: string, command: Plain): HmpLeaf => ({
  names: [name],
  usage: "",
  parameters: [],
  ...command,
});

export const INFO_COMMANDS: readonly HmpCommand[] = [
  {
    names: ["block"],
    usage: "[-n] [-v] [device]",
    help: "disks, and what is in them (-n: block nodes, -v: more of each)",
    parameters: [
      { kind: "flag", name: "nodes", letter: "n" },
      { kind: "flag", name: "verbose", letter: "v" },
      { kind: "block device", name: "device", optional: true },
    ],
    run: blockText,
  },
  info("chardev", {
    help: "character devices",
    allowPreconfig: true,
    async run(_, { call }) {
      const devices = (await call("query-chardev")) as unknown as readonly ChardevInfo[];
      return devices.map(({ label, filename }) => `${label}: filename=${filename}\n`).join("");
    },
  }),
  info("cpus", {
    help: "processors, and the threads that run them",
    async run(_, { call }) {
      const cpus = (await call("query-cpus-fast")) as unknown as readonly CpuInfoFast[];
      const lines = cpus.map(
        (one, index) =>
          `${index === 0 ? "*" : " "} CPU #${one["cpu-index"]}: thread_id=${one["thread-id"]}\n`,
      );
      return lines.join("");
    },
  }),
  info("jobs", { help: "jobs, and how far each has got", run: (_, context) => jobsText(context) }),
  info("mem", {
    help: "which virtual addresses are mapped, and with which rights",
    async run(_, context) {
      const registers = await context.machine.registers();
      return registers === undefined ? "No CPU available\n" : mappedRangesText(context);
    },
  }),
  info("mice", { help: "pointers, and the one that is moved", run: (_, { call }) => miceText(call) }),
  info("name", {
    help: "the machine's name",
    allowPreconfig: true,
    async run(_, { call }) {
      const { name } = (await call("query-name")) as unknown as NameInfo;
      return name === undefined ? "" : `${name}\n`;
    },
  }),
  {
    names: ["qom-tree"],
    usage: "[path]",
    help: "objects of the machine, and those in them",
    allowPreconfig: true,
    parameters: [{ kind: "string", name: "path", optional: true }],
    run: qomTree,
  },
  {
    names: ["registers"],
    usage: "[-a|vcpu]",
    help: "registers of the processor (-a: of all of them)",
    parameters: [
      { kind: "flag", name: "all", letter: "a" },
      { kind: "int32", name: "vcpu", optional: true },
    ],
    async run(args, { machine }) {
      const index = args.get("vcpu") ?? 0;
      const registers = index === 0 ? await machine.registers() : undefined;
      if (registers !== undefined) return registersText(registers);
      return args.has("vcpu") ? `CPU#${index} not available\n` : "No CPU available\n";
    },
  },
  info("snapshots", { help: "snapshots of the machine", run: (_, context) => snapshotsText(context) }),
  info("status", {
    help: "whether the machine runs",
    allowPreconfig: true,
    async run(_, { call }) {
      const { running, status } = (await call("query-status")) as unknown as StatusInfo;
      const detail = running || status === "paused" ? "" : ` (${status})`;
      return `VM status: ${running ? "running" : "paused"}${detail}\n`;
    },
  }),
  info("version", {
    help: "the version of QEMU whose commands are spoken, and this program's",
    allowPreconfig: true,
    async run(_, { call }) {
      const version = (await call("query-version")) as unknown as VersionInfo;
      const { major, minor, micro } = version.qemu;
      return `${major}.${minor}.${micro}${version.package}\n`;
    },
  }),
];

/** As `query-mice` answers it. */
interface MouseInfo {
  readonly name: string;
  readonly index: number | bigint;
  readonly current: boolean;
  readonly absolute: boolean;
}

async function miceText(call: CallCommand): Promise<string> {
  const mice = (await call("query-mice")) as unknown as readonly MouseInfo[];
  if (mice.length === 0) return "No mouse devices connected\n";
  const lines = mice.map(
    ({ name, index, current, absolute }) =>
      `${current ? "*" : " "} Mouse #${index}: ${name}${absolute ? " (absolute)" : ""}\n`,
  );
  return lines.join("");
}

async function qomTree(args: HmpArguments, { call }: HmpContext): Promise<string> {
  const path = String(args.get("path") ?? "/machine");
  try {
    return await qomBranch(path, path === "/" ? "" : path.slice(path.lastIndexOf("/") + 1), 0, call);
  } catch (error) {
    const isUnknown = error instanceof QmpError && error.errorClass === "DeviceNotFound";
    if (isUnknown) return `Path '${path}' could not be resolved.\n`;
    throw error;
  }
}

async function qomBranch(path: string, name: string, indent: number, call: CallCommand): Promise<string> {
  const properties = (await call("qom-list", { path })) as unknown as readonly ObjectPropertyInfo[];
  const type = await call("qom-get", { path, property: "type" });
  const children = properties
    .filter((property) => property.type.startsWith("child<"))
    .map((child) => child.name)
    .sort((a, b) => (a < b ? -1 : 1));
  let text = `${" ".repeat(indent)}/${name} (${String(type)})\n`;
  for (const child of children) {
    text += await qomBranch(`${path === "/" ? "" : path}/${child}`, child, indent + 2, call);
  }
  return text;
}
