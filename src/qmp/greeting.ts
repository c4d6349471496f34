/**
 * The greeting: the first line that a client reads (rule N1), and what the human monitor says first.  It stands
 * apart from the other envelopes, and needs no printer, so that a service can greet before it has loaded what
 * answers commands.
 */

import { CAPABILITIES } from "./capabilities.ts";

/** As `query-version` answers it. */
interface Version {
  readonly qemu: Readonly<Record<"major" | "minor" | "micro", number | bigint>>;
  /** ASCII. */
  readonly package: string;
}

export function encodeGreeting({ qemu, package: name }: Version): string {
  const version = `{"qemu": {"major": ${qemu.major}, "minor": ${qemu.minor}, "micro": ${qemu.micro}}, "package": ${JSON.stringify(name)}}`;
  const capabilities = CAPABILITIES.map((capability) => `"${capability}"`).join(", ");
  return `{"QMP": {"version": ${version}, "capabilities": [${capabilities}]}}\r\n`;
}

/** What the human monitor waits for lines with. */
export const HUMAN_PROMPT = "(qemu) ";

/** Programs look for these words, and for the prompt. */
export function humanGreeting({ qemu }: Version): string {
  const version = `${qemu.major}.${qemu.minor}.${qemu.micro}`;
  return `QEMU ${version} monitor - type 'help' for more information\r\n${HUMAN_PROMPT}`;
}
