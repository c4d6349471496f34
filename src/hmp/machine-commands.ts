/** Commands of the human monitor that run the machine, reset and end it, and take its picture. */

import { QmpError } from "../qmp/errors.ts";
import type { HmpArguments } from "./arguments.ts";
import type { HmpCommand, HmpContext } from "./command.ts";

/** A command that does what the QMP command of its name does, and prints nothing. */
const plain = (names: readonly string[], help: string, qmpName = names[0] ?? ""): HmpCommand => ({
  names,
  usage: "",
  help,
  parameters: [],
  async run(_, { call }) {
    await call(qmpName);
    return "";
  },
});

export const MACHINE_COMMANDS: readonly HmpCommand[] = [
  plain(["stop", "s"], "stop the machine"),
  plain(["cont", "c"], "let the machine run"),
  plain(["system_reset"], "reset the machine"),
  plain(["system_powerdown"], "press the machine's power button"),
  {
    names: ["quit", "q"],
    usage: "",
    help: "end the machine",
    allowPreconfig: true,
    parameters: [],
    async run(_, { call, memory }) {
      memory.isLeaving = true;
      await call("quit");
      return "";
    },
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

async function screendump(args: HmpArguments, { call }: HmpContext): Promise<string> {
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
