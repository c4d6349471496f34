/** The commands of the human monitor: what each is called, what it takes, and what it prints. */

import type { VersionInfo } from "../qapi/generated/control.ts";
import type { NameInfo } from "../qapi/generated/misc.ts";
import type { StatusInfo } from "../qapi/generated/run-state.ts";
import type { CallCommand } from "../qmp/call-command.ts";
import { QmpError } from "../qmp/errors.ts";
import type { HmpArguments } from "./arguments.ts";
import type { HmpCommand } from "./command.ts";
import { helpText } from "./help.ts";

const INFO_COMMANDS: readonly HmpCommand[] = [
  {
    names: ["name"],
    usage: "",
    help: "the machine's name",
    parameters: [],
    async run(_, call) {
      const { name } = (await call("query-name")) as unknown as NameInfo;
      return name === undefined ? "" : `${name}\n`;
    },
  },
  {
    names: ["status"],
    usage: "",
    help: "whether the machine runs",
    parameters: [],
    async run(_, call) {
      const { running, status } = (await call("query-status")) as unknown as StatusInfo;
      const detail = running || status === "paused" ? "" : ` (${status})`;
      return `VM status: ${running ? "running" : "paused"}${detail}\n`;
    },
  },
  {
    names: ["version"],
    usage: "",
    help: "the version of QEMU whose commands are spoken, and this program's",
    parameters: [],
    async run(_, call) {
      const version = (await call("query-version")) as unknown as VersionInfo;
      const { major, minor, micro } = version.qemu;
      return `${major}.${minor}.${micro}${version.package}\n`;
    },
  },
];

/** In the order in which `help` lists them. */
export const HMP_COMMANDS: readonly HmpCommand[] = [
  {
    names: ["help", "?"],
    usage: "[cmd]",
    help: "tell what a command does, or all of them",
    parameters: [{ kind: "rest", name: "name" }],
    run: async (args) => helpText(HMP_COMMANDS, String(args.get("name") ?? "")),
  },
  {
    names: ["info"],
    usage: "[subcommand]",
    help: "tell about the machine",
    commands: INFO_COMMANDS,
  },
  {
    names: ["screendump"],
    usage: "filename [-f format] [device [head]]",
    help: "write a picture of a display to a file, as 'ppm' or 'png'",
    parameters: [
      { kind: "filename", name: "filename" },
      { kind: "option", name: "format", letter: "f" },
      { kind: "string", name: "device", optional: true },
      { kind: "int32", name: "head", optional: true },
    ],
    run: screendump,
  },
];

const IMAGE_FORMATS: readonly unknown[] = ["ppm", "png"];

async function screendump(args: HmpArguments, call: CallCommand): Promise<string> {
  const format = args.get("format");
  if (format !== undefined && !IMAGE_FORMATS.includes(format)) {
    throw new QmpError(`invalid parameter value: ${format}`);
  }
  const device = args.get("device");
  await call("screendump", {
    filename: args.get("filename"),
    format,
    device,
    head: device === undefined ? undefined : (args.get("head") ?? 0),
  });
  return "";
}
