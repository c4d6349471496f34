/**
 * The interface is QEMU's: what both have is the same, followed from each command and event through all
 * the types that it leads to.  Real QEMU 7.2 tells its side.
 */

import { once } from "node:events";
import { createConnection } from "node:net";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { schemaInfo } from "../../src/qapi/generated/introspection.ts";
import { qemuMissing, startQemu } from "../support/qemu.ts";

/** An entry of either side, with the members of every sort that are looked at. */
interface Entry {
  readonly name: string;
  readonly "meta-type": string;
  readonly "arg-type"?: string;
  readonly "ret-type"?: string;
  readonly "allow-oob"?: boolean;
  readonly "element-type"?: string;
  readonly "json-type"?: string;
  readonly values?: readonly string[];
  readonly members?: readonly { name?: string; type?: string; default?: unknown }[];
  readonly variants?: readonly { case: string; type: string }[];
}

/** What this project's schema has and QEMU's has not. */
const ADDITIONS = [
  "COMMAND_PROGRESS",
  "cancel-command",
  "qmp_capabilities(.enable[]=async",
  "query-qmp-schema)[]<command>.async",
  "query-sessions",
  "screendump-data",
];

async function askQemu(): Promise<Entry[]> {
  const server = await startQemu();
  try {
    const socket = createConnection({ path: server.sockets[0] ?? "" });
    await once(socket, "connect");
    socket.write('{"execute": "qmp_capabilities"} {"execute": "query-qmp-schema"}');
    const lines: string[] = [];
    for await (const line of createInterface({ input: socket })) {
      lines.push(line);
      if (lines.length === 3) break;
    }
    socket.destroy();
    return JSON.parse(lines[2] ?? "").return;
  } finally {
    await server.stop();
  }
}

/** Follows both sides' types, and notes where ours is more than, or not the same as, QEMU's. */
class Comparison {
  readonly differences: string[] = [];
  readonly #theirs: ReadonlyMap<string, Entry>;
  readonly #ours: ReadonlyMap<string, Entry>;
  readonly #seen = new Set<string>();

  constructor(theirs: readonly Entry[], ours: readonly Entry[]) {
    this.#theirs = new Map(theirs.map((entry) => [entry.name, entry]));
    this.#ours = new Map(ours.map((entry) => [entry.name, entry]));
  }

  run(): void {
    for (const entry of this.#ours.values()) {
      if (entry["meta-type"] !== "command" && entry["meta-type"] !== "event") continue;
      const other = this.#theirs.get(entry.name);
      if (other === undefined) {
        this.differences.push(entry.name);
        continue;
      }
      this.#same(entry.name, other["meta-type"], entry["meta-type"]);
      this.#same(`${entry.name} allow-oob`, other["allow-oob"], entry["allow-oob"]);
      this.#type(`${entry.name}(`, other["arg-type"], entry["arg-type"]);
      if (entry["ret-type"] !== undefined) {
        this.#type(`${entry.name})`, other["ret-type"], entry["ret-type"]);
      }
    }
  }

  #same(path: string, theirs: unknown, ours: unknown): void {
    if (theirs !== ours) this.differences.push(`${path}: ${String(theirs)} there, ${String(ours)} here`);
  }

  #type(path: string, theirName = "", ourName = ""): void {
    const pair = `${theirName} ${ourName}`;
    if (this.#seen.has(pair)) return;
    this.#seen.add(pair);
    const theirs = this.#theirs.get(theirName);
    const ours = this.#ours.get(ourName);
    if (theirs === undefined || ours === undefined) return this.#same(path, theirName, ourName);
    this.#same(path, theirs["meta-type"], ours["meta-type"]);
    this.#same(path, theirs["json-type"], ours["json-type"]);
    if (ours["element-type"] !== undefined) {
      this.#type(`${path}[]`, theirs["element-type"], ours["element-type"]);
    }
    for (const value of ours.values ?? []) {
      if (!theirs.values?.includes(value)) this.differences.push(`${path}=${value}`);
    }
    if (ours["meta-type"] === "alternate") {
      ours.members?.forEach(({ type }, index) => {
        this.#type(`${path}|`, theirs.members?.[index]?.type, type);
      });
      return;
    }
    if (ours["meta-type"] === "object") this.#members(path, theirs, ours);
    for (const variant of ours.variants ?? []) {
      const other = theirs.variants?.find((each) => each.case === variant.case);
      this.#type(`${path}<${variant.case}>`, other?.type, variant.type);
    }
  }

  /** QEMU may have more members, unless a client has to send them or may count on them. */
  #members(path: string, theirs: Entry, ours: Entry): void {
    for (const member of ours.members ?? []) {
      const other = theirs.members?.find(({ name }) => name === member.name);
      if (other === undefined) {
        this.differences.push(`${path}.${member.name}`);
        continue;
      }
      this.#same(`${path}.${member.name} optional`, "default" in other, "default" in member);
      this.#type(`${path}.${member.name}`, other.type, member.type);
    }
    for (const { name, ...member } of theirs.members ?? []) {
      if ("default" in member || ours.members?.some((each) => each.name === name)) continue;
      this.differences.push(`${path}.${name} is missing`);
    }
  }
}

it.skipIf(qemuMissing())("I1: what QEMU has too is the same as there", async () => {
  const comparison = new Comparison(await askQemu(), schemaInfo({ QTEST: false }) as Entry[]);
  comparison.run();
  expect(comparison.differences.sort()).toEqual(ADDITIONS);
});
