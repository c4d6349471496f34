/**
 * The same random sessions against this server and real QEMU, both with machine `none`: every reply must be
 * the same.
 *
 * QMPD_DIFFERENTIAL_SEED has a run again; QMPD_DIFFERENTIAL_SESSIONS says how many sessions it has, and
 * QMPD_DIFFERENTIAL_CONTROL=1 puts QEMU on both sides, to test the test.
 */

import { describe, expect, it } from "vitest";
import { qemuMissing, type ServerProcess, startQemu } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { CLEAN_UP } from "./commands.ts";
import { Random } from "./random.ts";
import { LAST_ID, makeSession, type Session } from "./session-maker.ts";
import { comparable, isAlike, runSession } from "./transcript.ts";

const SEED = Number(process.env.QMPD_DIFFERENTIAL_SEED ?? Date.now() % 2 ** 31);
const SESSIONS = Number(
  process.env.QMPD_DIFFERENTIAL_SESSIONS ?? (process.env.CI === undefined ? 400 : 2_000),
);
const CONTROL = process.env.QMPD_DIFFERENTIAL_CONTROL === "1";
/** Pairs of servers side by side.  The sessions of a pair run one after the other: they share a machine. */
const PAIRS = 2;

describe.skipIf(qemuMissing() !== undefined)("this server and QEMU 7.2", () => {
  it(`answer ${SESSIONS} random sessions alike, seed ${SEED}`, { timeout: 300_000 }, async () => {
    const failures: string[] = [];
    await Promise.all(
      Array.from({ length: PAIRS }, async (_, pair) => {
        const servers = [await startOurs(), await startQemu()] as const;
        try {
          // Both greet early: what is compared begins when each has done a machine's work once.
          await onBoth(servers, CLEAN_UP_SESSION);
          const foreign = await foreignCommands(servers);
          for (let index = pair; index < SESSIONS && failures.length === 0; index += PAIRS) {
            const failure = await runBoth(servers, index, foreign);
            if (failure !== undefined) failures.push(failure);
          }
        } finally {
          await Promise.all(servers.map((server) => server.stop()));
        }
      }),
    );
    expect(failures.join("\n")).toBe("");
  });
});

function startOurs(): Promise<ServerProcess> {
  return CONTROL ? startQemu() : startQmpd({ args: ["--machine", "none", "--log-level", "error"] });
}

/** Runs a session on both servers.  Answers the first difference, for people. */
async function runBoth(
  servers: readonly [ServerProcess, ServerProcess],
  index: number,
  foreign: ReadonlySet<string>,
): Promise<string | undefined> {
  // Each session has a seed of its own, so it can be had again without those before it.
  const session = makeSession(new Random(SEED + index), foreign);
  const [ours, theirs] = await onBoth(servers, session);
  if (session.leavesTraces) await onBoth(servers, CLEAN_UP_SESSION);
  const at = ours.findIndex((line, position) => !isAlike(line, theirs[position], session));
  const inTime = ours.at(-1) === "closed";
  if (at === -1 && ours.length === theirs.length && inTime) return undefined;
  const place = at === -1 ? ours.length : at;
  return [
    `seed ${SEED + index} (have it again: QMPD_DIFFERENTIAL_SEED=${SEED + index} QMPD_DIFFERENTIAL_SESSIONS=1)`,
    `half-closes early: ${session.halfCloseEarly}`,
    ...session.messages.map((message) => `  > ${JSON.stringify(message)}`),
    `the first ${place} replies are the same, the last of them ${ours[place - 1]}`,
    `ours:   ${ours.slice(place, place + 4).join("\n        ")}`,
    `QEMU's: ${theirs.slice(place, place + 4).join("\n        ")}`,
  ].join("\n");
}

/** The commands that one of the servers alone knows. */
async function foreignCommands(servers: readonly ServerProcess[]): Promise<ReadonlySet<string>> {
  const [ours = new Set<string>(), theirs = new Set<string>()] = await Promise.all(
    servers.map(async (server) => {
      const { lines } = await runSession(server.sockets[0] ?? "", COMMANDS_SESSION);
      const names = (JSON.parse(lines[2] ?? "") as { return: { name: string }[] }).return;
      return new Set(names.map(({ name }) => name));
    }),
  );
  return new Set([...ours, ...theirs].filter((name) => !ours.has(name) || !theirs.has(name)));
}

async function onBoth([ours, theirs]: readonly [ServerProcess, ServerProcess], session: Session) {
  const [left, right] = await Promise.all(
    [ours, theirs].map(async (server) => comparable(await runSession(server.sockets[0] ?? "", session))),
  );
  return [left ?? [], right ?? []] as const;
}

const COMMANDS_SESSION = sessionOf([
  '{"execute": "qmp_capabilities"}\n',
  '{"execute": "query-commands"}\n',
  `{"execute": "query-name", "id": "${LAST_ID}"}\n`,
]);

const CLEAN_UP_SESSION = sessionOf([
  '{"execute": "qmp_capabilities"}\n',
  ...CLEAN_UP,
  `{"execute": "query-name", "id": "${LAST_ID}"}\n`,
]);

function sessionOf(messages: readonly string[]): Session {
  return {
    messages,
    pieces: [Buffer.from(messages.join(""))],
    halfCloseEarly: false,
    leavesTraces: false,
  };
}
