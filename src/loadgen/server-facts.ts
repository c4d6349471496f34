/** What has to be known of a server before a run: what it is, and what it says of the commands of the mix. */

import { connect } from "../client/index.ts";
import { encodeRequest } from "../client/messages.ts";
import { printJson } from "../qjson/print.ts";
import type { JsonObject, JsonValue } from "../qjson/value.ts";
import { visibleInLine } from "../util/visible.ts";
import { LoadError } from "./load-error.ts";
import type { MixEntry } from "./mix.ts";
import type { Lane, PlannedCommand } from "./plan.ts";

/** Of what a server calls itself: the rest is of no use in a table. */
const NAME_CHARS_MAX = 40;

export interface ServerFacts {
  /** As tables name it: one line. */
  readonly name: string;
  /** By the command's name: what its entry of the schema says. */
  readonly commands: ReadonlyMap<string, { readonly isAsync: boolean; readonly allowOob: boolean }>;
}

/** Asks one endpoint.  Rejects as the client library does. */
export async function askServer(endpoint: string): Promise<ServerFacts> {
  const client = await connect(endpoint);
  try {
    const schema = await client.execute("query-qmp-schema");
    const entries = (Array.isArray(schema) ? schema : []) as readonly JsonObject[];
    const commands = entries
      .filter((entry) => entry["meta-type"] === "command")
      .map((entry) => {
        const facts = { isAsync: entry.async === true, allowOob: entry["allow-oob"] === true };
        return [String(entry.name), facts] as const;
      });
    return {
      name: visibleInLine(serverName(client.greeting.version)).slice(0, NAME_CHARS_MAX),
      commands: new Map(commands),
    };
  } finally {
    await client.close();
  }
}

function serverName({ package: packageName, qemu }: JsonObject): string {
  if (typeof packageName === "string" && packageName.startsWith("qmpd")) return packageName;
  const { major, minor, micro } = (qemu ?? {}) as Readonly<Record<string, JsonValue>>;
  return `QEMU ${[major, minor, micro].join(".")}`;
}

/** The commands of a mix as this server takes them.  Throws {@link LoadError} for one that it does not have. */
export function planCommands(
  mix: readonly MixEntry[],
  facts: ServerFacts,
  capabilities: readonly string[],
): PlannedCommand[] {
  const labels = labelsOf(mix);
  return mix.map(({ command, weight, args, isHeavy }, index) => {
    const known = facts.commands.get(command);
    if (known === undefined)
      throw new LoadError(`the mix has '${command}', which ${facts.name} does not know`);
    const lane = laneOf(known, capabilities);
    const request = encodeRequest(command, args, 0, lane === "out of band");
    const id = request.lastIndexOf("0");
    return {
      label: labels[index] ?? command,
      name: command,
      weight,
      lane,
      isHeavy,
      head: request.slice(0, id),
      tail: request.slice(id + 1),
    };
  });
}

function laneOf(
  { isAsync, allowOob }: { readonly isAsync: boolean; readonly allowOob: boolean },
  capabilities: readonly string[],
): Lane {
  if (allowOob && capabilities.includes("oob")) return "out of band";
  return isAsync && capabilities.includes("async") ? "async" : "in order";
}

/** A command that is there twice is told apart by its arguments. */
function labelsOf(mix: readonly MixEntry[]): string[] {
  const labels = mix.map(({ command, args }) => {
    const isAlone = mix.filter((other) => other.command === command).length === 1;
    if (isAlone || args === undefined) return command;
    const words = Object.entries(args).map(
      ([name, value = null]) => `${name}=${typeof value === "string" ? value : printJson(value)}`,
    );
    return visibleInLine(`${command} ${words.join(" ")}`);
  });
  return labels.map((label, index) => (labels.indexOf(label) === index ? label : `${label} (${index + 1})`));
}
