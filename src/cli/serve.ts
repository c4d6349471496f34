/**
 * `qmpd serve`: from the command line to a running service, and to its orderly end.
 */

import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  ConfigError,
  DEFAULT_DISPLAY,
  defaultLimits,
  defaultWorkers,
  type Endpoint,
  LIMITS,
  parseDisplay,
  parseEndpoint,
  parseLimit,
  parseMachineType,
  parseUuid,
  type ServiceConfig,
} from "../server/config.ts";
import { type PcOptions, parseSerial, pcConfig } from "../server/pc-config.ts";
import { type Service, ServiceStartError, startService } from "../server/service.ts";
import { endWithError } from "./command-error.ts";
import { LateLog } from "./late-log.ts";
import { ProcessEnd } from "./process-end.ts";

interface ServeOptions extends PcOptions {
  readonly qmp?: readonly string[];
  readonly monitor?: readonly string[];
  readonly machine: string;
  readonly display?: readonly string[];
  readonly name?: string;
  readonly uuid?: string;
  readonly stopped?: true;
  readonly preconfig?: true;
  readonly qtest?: true;
  readonly plugin?: readonly string[];
  readonly serial?: string;
  readonly snapshots?: string;
  readonly allowRemote?: true;
  readonly config?: string;
  readonly workers: number;
  readonly limit?: readonly string[];
  readonly logLevel: string;
}

/** Options that only a machine of type `pc` has. */
const PC_OPTIONS = [
  "memory",
  "bios",
  "vgaBios",
  "hda",
  "cdrom",
  "fda",
  "snapshot",
  "kernel",
  "initrd",
  "append",
  "boot",
  "reboot",
  "shutdown",
  "tripleFault",
  "serial",
  "snapshots",
];

/** Options that a configuration file is there instead of. */
const FILE_OPTIONS = [
  "qmp",
  "monitor",
  "machine",
  "display",
  "name",
  "uuid",
  "stopped",
  "preconfig",
  "qtest",
  "plugin",
  "allowRemote",
  "workers",
  "limit",
  ...PC_OPTIONS,
];

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"];

const EXAMPLES = `
Examples:
  qmpd serve
      a PC that runs the demo guest, on ./qmp.sock
  qmpd serve --qmp unix:/tmp/vm1.sock --qmp tcp:127.0.0.1:4444
      the same machine on two endpoints; any number of clients may use either
  qmpd serve --bios /usr/share/seabios/bios.bin --vga-bios /usr/share/seabios/vgabios-stdvga.bin \\
             --hda disk.img --cdrom install.iso --boot dc --memory 256M
      a PC that boots from a disk; with --snapshot what it writes is thrown away at the end
  qmpd serve --snapshots /tmp/snapshots    keeps the PC's state there: snapshot-save, snapshot-load
  qmpd serve --serial unix:serial.sock     its serial port: socat - UNIX-CONNECT:serial.sock
  qmpd serve --machine test --display VGA:1920x1080 --display qxl:3840x2160,id=video0,heads=2
      three consoles; screendump's "device" and "head" choose among them
  qmpd serve --machine none --name vm1 --uuid 2f4a6a0e-6d6c-4b0e-9d8f-0f5c8b1a7e11
      no console; query-name and query-uuid tell who it is
  qmpd serve --stopped            waits for "cont"
  qmpd serve --preconfig          waits for "x-exit-preconfig"
  qmpd serve --qtest              adds the test commands qtest-timeout and qtest-emit
  qmpd serve --plugin ./my-commands.js
      adds commands and events of your own; docs/plugins.md tells how they are made
  qmpd serve --qmp stdio          one client, on standard input and output
  qmpd serve --monitor stdio      the human monitor here: help, info status, ...
  qmpd serve --qmp tcp:0.0.0.0:4444 --allow-remote
      whoever reaches that port controls the machine
  qmpd serve --workers 1 --limit async-in-flight=8 --log-level debug
  qmpd serve --config machines.yaml
      several machines, each with its endpoints:
        machines:
          - { name: vm1, qmp: ["unix:vm1.sock"], memory: 32M, no-reboot: true }
          - { name: vm2, qmp: ["unix:vm2.sock"], type: none }

Limits (--limit NAME=VALUE):
${Object.entries(LIMITS)
  .map(([name, { value, help }]) => `  ${name.padEnd(22)} ${help} (${value})`)
  .join("\n")}
`;

export function addServeCommand(program: Command): void {
  program
    .command("serve")
    .description("Serves QMP to any number of clients, over an emulated machine.")
    .option(
      "--qmp <endpoint...>",
      "unix:PATH, tcp:HOST:PORT or stdio; may be repeated (default: unix:./qmp.sock)",
    )
    .option(
      "--monitor <endpoint...>",
      "where the human monitor is: unix:PATH, tcp:HOST:PORT or stdio; may be repeated",
    )
    .addOption(
      new Option("--machine <type>", "what is emulated").choices(["pc", "test", "none"]).default("pc"),
    )
    .option("--memory <MiB>", "of a PC: 64, 64M, 1G (default: 16 MiB, 128 MiB with --bios)")
    .option("--bios <file>", "a PC's firmware, instead of the demo guest: SeaBIOS")
    .option("--vga-bios <file>", "firmware of a PC's display adapter")
    .option("--hda <file>", "a PC's hard disk: a raw image, which the guest writes to")
    .option("--cdrom <file>", "a PC's CD-ROM: an ISO image")
    .option("--fda <file>", "a PC's floppy disk: a raw image, which the guest writes to")
    .option("--snapshot", "throw away at the end what a PC's guest writes to its disks")
    .option("--kernel <file>", "a Linux kernel that a PC's firmware boots, of 32 bits")
    .option("--initrd <file>", "its first file system")
    .option("--append <text>", "its command line")
    .option(
      "--boot <order>",
      "what a PC boots from, in this order: c disk, d CD-ROM, a floppy (default: cad)",
    )
    .option("--no-reboot", "a PC ends instead of being reset")
    .option("--no-shutdown", "a PC whose guest switches it off stays, in state shutdown")
    .addOption(
      new Option("--triple-fault <action>", "what a PC does at one (default: reset)").choices([
        "reset",
        "panic",
      ]),
    )
    .option("--serial <end>", "where a PC's serial port leads to: ringbuf or unix:PATH (default: ringbuf)")
    .option("--snapshots <directory>", "where a PC's snapshots are kept, for snapshot-save and snapshot-load")
    .option(
      "--display <TYPE:WxH...>",
      `of machine test: VGA or qxl, 320x200 to 3840x2160; may be repeated (default: ${DEFAULT_DISPLAY})`,
    )
    .option("--name <name>", "the machine's name, for query-name")
    .option("--uuid <uuid>", "the machine's UUID, for query-uuid")
    .option("--stopped", "start paused")
    .option("--preconfig", "wait for x-exit-preconfig before the machine is built")
    .option("--qtest", "offer the test commands")
    .option("--plugin <file...>", "add the commands and events of a plugin; may be repeated")
    .option("--workers <n>", "pool threads, for encoding and writing", wholeNumber, defaultWorkers())
    .option("--limit <NAME=VALUE...>", "set one of the limits listed below")
    .option("--allow-remote", "let TCP endpoints have an address that other hosts reach")
    .option("--config <file>", "several machines, from a YAML file")
    .addOption(
      new Option("--log-level <level>", "how much the log on standard error says")
        .choices(LOG_LEVELS)
        .default("info"),
    )
    .addHelpText("after", EXAMPLES)
    .action(async (options: ServeOptions, command: Command) => {
      try {
        await serve(await readConfig(options, command), options.logLevel);
      } catch (error) {
        if (!(error instanceof ConfigError || error instanceof ServiceStartError)) throw error;
        endWithError(command, error.message, isUsageError(error, options));
      }
    });
}

/** A configuration file has mistakes of its own, and tells their places. */
function isUsageError(error: ConfigError | ServiceStartError, { config }: ServeOptions): boolean {
  const { cause } = error;
  const isOfMachine = cause instanceof Error && "code" in cause && cause.code === "MACHINE_CONFIG";
  return config === undefined && (error instanceof ConfigError || isOfMachine);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("a whole number above 0 is expected");
  return Number(text);
}

async function readConfig(options: ServeOptions, command: Command): Promise<ServiceConfig> {
  if (options.config !== undefined) {
    const given = FILE_OPTIONS.find((name) => command.getOptionValueSource(name) === "cli");
    if (given !== undefined) {
      throw new ConfigError(`--config and --${dashed(given)} exclude each other: the file says it`);
    }
    const { parseConfigFile } = await import("../server/config-file.ts");
    return parseConfigFile(readText(options.config), options.config);
  }
  const type = parseMachineType(options.machine);
  const misplaced = PC_OPTIONS.find((name) => command.getOptionValueSource(name) === "cli");
  if (type !== "pc" && misplaced !== undefined) {
    // Those that begin with "no" are known by the rest of their names.
    const option = ["reboot", "shutdown"].includes(misplaced) ? `no-${misplaced}` : dashed(misplaced);
    throw new ConfigError(`--${option}: only a machine of type pc has it`);
  }
  const displays = options.display ?? (type === "test" ? [DEFAULT_DISPLAY] : []);
  return {
    machines: [
      {
        machine: {
          type,
          displays: displays.map(parseDisplay),
          pc: type === "pc" ? pcConfig(options) : undefined,
        },
        ...(options.serial === undefined ? {} : { serial: parseSerial(options.serial) }),
        ...(options.snapshots === undefined ? {} : { snapshots: options.snapshots }),
        qmp: (options.qmp ?? ["unix:qmp.sock"]).map(parseEndpoint),
        monitor: (options.monitor ?? []).map(parseEndpoint),
        name: options.name,
        uuid: options.uuid === undefined ? undefined : parseUuid(options.uuid),
        stopped: options.stopped === true,
        preconfig: options.preconfig === true,
        qtest: options.qtest === true,
        plugins: options.plugin ?? [],
      },
    ],
    workers: options.workers,
    limits: (options.limit ?? []).reduce((limits, text) => parseLimit(text, limits), defaultLimits()),
    allowRemote: options.allowRemote === true,
  };
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(`cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}

async function serve(config: ServiceConfig, logLevel: string): Promise<void> {
  const log = new LateLog(logLevel);
  const end = new ProcessEnd(log);
  // Each thread listens to both, and there is one for each PC: more than Node expects, and no leak.
  for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);
  const service = await start(config, log, end.asked);
  if (service === undefined) return end.finish();
  const stop = (): void => void service.stop("host-signal");
  if (end.asked.aborted) stop();
  else end.asked.addEventListener("abort", stop);
  void service.ending.then(() => end.begin());
  // Whoever reads it may have gone: the service goes on.
  process.stdout.on("error", () => {});
  // Standard output may be a client's: then what people read goes to standard error.
  const isClient = config.machines.some(({ qmp, monitor = [] }) => hasStdio([...qmp, ...monitor]));
  // Somebody who types at the human monitor has its prompt instead.
  const isTyping = process.stdin.isTTY && config.machines.some(({ monitor = [] }) => hasStdio(monitor));
  if (!isTyping) (isClient ? process.stderr : process.stdout).write(startMessage(service, config));
  await service.ended;
  await end.finish();
}

function hasStdio(endpoints: readonly Endpoint[]): boolean {
  return endpoints.some(({ kind }) => kind === "stdio");
}

/** `undefined`: it was asked to end before it had started. */
async function start(config: ServiceConfig, log: LateLog, signal: AbortSignal): Promise<Service | undefined> {
  try {
    return await startService(config, log, { signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    await log.load();
  }
}

function startMessage({ machines }: Service, config: ServiceConfig): string {
  const lines = ["qmpd is ready."];
  for (const { name, endpoints, humanEndpoints } of machines) {
    lines.push(`  machine ${name ?? "(no name)"}: ${endpoints.join(", ")}`);
    if (humanEndpoints.length > 0) lines.push(`    human monitor: ${humanEndpoints.join(", ")}`);
  }
  const hint = clientHint(machines[0]?.endpoints[0] ?? "stdio", config.machines[0]);
  return `${[...lines, ...hint].join("\n")}\n`;
}

/** What to type next, for somebody who sees QMP for the first time. */
function clientHint(endpoint: string, options: ServiceConfig["machines"][number] | undefined): string[] {
  const [kind, ...rest] = endpoint.split(":");
  if (kind === "stdio") return [];
  return [
    "Try, in another terminal:",
    `  socat - ${kind === "unix" ? "UNIX-CONNECT" : "TCP"}:${rest.join(":")}`,
    '  {"execute": "qmp_capabilities", "arguments": {"enable": ["async"]}}',
    ...(options?.preconfig === true ? ['  {"execute": "x-exit-preconfig"}'] : []),
    // A machine without a console has no picture to give.
    options?.machine.type === "none"
      ? '  {"execute": "query-commands"}'
      : '  {"execute": "screendump", "arguments": {"filename": "/tmp/screen.png", "format": "png"}, "id": 1}',
    '  {"execute": "query-status"}',
    "Ctrl-C here ends it.",
  ];
}
