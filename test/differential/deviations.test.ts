/**
 * Where this server differs from QEMU 7.2 on purpose: the same bytes to both, and what each makes of them.
 * The random sessions keep clear of these.
 */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { qemuMissing, type ServerProcess, startQemu } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { LAST_ID } from "./session-maker.ts";
import { runSession } from "./transcript.ts";

interface Deviation {
  readonly title: string;
  readonly input: string;
  /** Of the lines between the reply to the negotiation and the last one. */
  readonly ours: (lines: readonly string[]) => void;
  readonly theirs: (lines: readonly string[]) => void;
}

const BRACKETS = 3000;

const DEVIATIONS: readonly Deviation[] = [
  {
    title:
      "W5: skips the rest of a message after a limit error, where QEMU has an error for each bracket left",
    input: "[".repeat(BRACKETS) + "]".repeat(BRACKETS),
    ours: (lines) => {
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain("JSON nesting depth limit exceeded");
    },
    theirs: (lines) => expect(lines.length).toBeGreaterThan(1000),
  },
  {
    title: "W6: rejects a number that overflows, where QEMU echoes what is no JSON",
    input: '{"execute": "query-name", "id": 1e999}',
    ours: (lines) => {
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({ error: { class: "GenericError" } });
    },
    theirs: (lines) => expect(lines).toEqual(['{"return": {}, "id": inf}']),
  },
];

describe.skipIf(qemuMissing() !== undefined)("on purpose, this server", () => {
  let ours: ServerProcess;
  let theirs: ServerProcess;

  beforeAll(async () => {
    ours = await startQmpd({ args: ["--machine", "none", "--log-level", "error"] });
    theirs = await startQemu();
  });

  afterAll(async () => {
    await Promise.all([ours.stop(), theirs.stop()]);
  });

  it("N1: offers the capability async beside QEMU's", async () => {
    const greetings = await Promise.all([greetingOf(ours), greetingOf(theirs)]);
    expect(greetings.map((greeting) => JSON.parse(greeting).QMP.capabilities)).toEqual([
      ["oob", "async"],
      ["oob"],
    ]);
    expect(Object.keys(JSON.parse(greetings[0]).QMP)).toEqual(Object.keys(JSON.parse(greetings[1]).QMP));
  });

  it.each(DEVIATIONS)("$title", async (deviation) => {
    const [oursLines, theirsLines] = await Promise.all(
      [ours, theirs].map((server) => ask(server, deviation.input)),
    );
    deviation.ours(oursLines ?? []);
    deviation.theirs(theirsLines ?? []);
  });
});

async function greetingOf(server: ServerProcess): Promise<string> {
  return (await run(server, ""))[0] ?? "";
}

async function ask(server: ServerProcess, input: string): Promise<readonly string[]> {
  return (await run(server, input)).slice(2, -1);
}

async function run(server: ServerProcess, input: string): Promise<readonly string[]> {
  const messages = [
    '{"execute": "qmp_capabilities"}\n',
    `${input}\n`,
    `{"execute": "query-name", "id": "${LAST_ID}"}\n`,
  ];
  const pieces = [Buffer.from(messages.join(""))];
  const { lines, end } = await runSession(server.sockets[0] ?? "", {
    messages,
    pieces,
    halfCloseEarly: false,
    leavesTraces: false,
  });
  expect(end).toBe("closed");
  return lines;
}
