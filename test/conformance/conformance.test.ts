/**
 * Real QEMU's recorded sessions, replayed against this server over a unix socket: the same bytes must get
 * the same lines, chunk by chunk (rules W1 to W6, N1 to N4, L2; "existing clients break" is answered here).
 */

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestClient } from "../support/client.ts";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { describeWithShared } from "../support/shared.ts";

interface Recorded {
  readonly name: string;
  /** Base64, a chunk each. */
  readonly send: readonly string[];
  readonly expect: readonly string[];
  /** after[i + 1]: how many lines had come after chunk i. */
  readonly after: readonly number[];
  readonly closed: boolean;
}

/** Exchanges that differ on purpose; the deviations table has the reasons. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  "id 1e400": "W6: a number that overflows is an error",
  "nest id arrays 1024": "W5: after a limit error the rest of the message is skipped",
  "nest id arrays 1025": "W5: after a limit error the rest of the message is skipped",
  "nest top arrays 1025": "W5: after a limit error the rest of the message is skipped",
  "nest top arrays 3000": "W5: after a limit error the rest of the message is skipped",
};

/** Exchanges whose answers describe the machine: compared by shape. */
const BY_SHAPE = new Set([
  "query-version",
  "query-kvm",
  "query-cpus-fast",
  "qom-list /",
  "qom-get",
  "qom-get no property",
]);

/** A line as it is compared: parsed, with the time of events zeroed. */
function comparable(line: string): unknown {
  const value = JSON.parse(line.replace(/": inf(?=[,}])/g, '": "inf"')) as Record<string, unknown>;
  if ("timestamp" in value) value.timestamp = { seconds: 0, microseconds: 0 };
  return value;
}

/** What a machine tells about itself, reduced to its shape. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return "array";
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shape(member)]));
}

describeWithShared("QEMU's recorded sessions", "conformance/qemu-7.2.jsonl", (path) => {
  const records = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Recorded);
  const args = ["--machine", "none", "--name", "vm1", "--stopped"];
  let server: ServerProcess;
  let socket = "";

  beforeAll(async () => {
    server = await startQmpd({ args });
    socket = server.sockets[0] ?? "";
  });

  afterAll(() => server.stop());

  /** Sends a record's chunks, each cut into pieces of `pieceBytes`. */
  async function replay(record: Recorded, pieceBytes: number): Promise<string[]> {
    const client = new TestClient(socket);
    await client.until(() => client.texts.length > 0);
    const deviates = Object.hasOwn(DEVIATIONS, record.name);
    for (const [index, chunk] of record.send.entries()) {
      const bytes = Buffer.from(chunk, "base64");
      for (let at = 0; at < bytes.length; at += pieceBytes) client.send(bytes.subarray(at, at + pieceBytes));
      // The next chunk waits for what this one brings, as it did when the record was made.
      const due = record.after[index + 1] ?? 0;
      if (!deviates) await client.until(() => client.texts.length >= due);
    }
    const last = record.expect.at(-1) ?? "";
    const probe = last.includes('"probe"')
      ? () => client.texts.some((line) => line.includes('"probe"'))
      : () => true;
    await client.until(() => probe());
    if (record.closed) await client.until(() => client.closed);
    client.destroy();
    return client.texts;
  }

  for (const record of records) {
    // `quit` ends the server: it has a test of its own below.
    if (record.name === "quit") continue;
    const reason = DEVIATIONS[record.name];
    for (const [how, pieceBytes] of [
      ["whole", 1 << 20],
      ["byte by byte", 1],
    ] as const) {
      it(`answers "${record.name}" ${how} ${reason === undefined ? "as QEMU does" : `unlike QEMU (${reason})`}`, async () => {
        const lines = await replay(record, pieceBytes);
        const ours = lines.slice(1).map(comparable);
        const theirs = record.expect.slice(1).map((line) => comparable(line.trimEnd()));
        if (reason !== undefined) {
          expect(ours).not.toEqual(theirs);
          expect(ours.at(-1)).toEqual(theirs.at(-1)); // In step again.
          expect(ours.length).toBeLessThan(5);
        } else if (BY_SHAPE.has(record.name)) {
          expect(ours.map(shape)).toEqual(theirs.map(shape));
        } else {
          expect(ours).toEqual(theirs);
        }
      });
    }
  }

  it("N1: greets in QEMU's form, and offers async besides", async () => {
    const client = new TestClient(socket);
    await client.until(() => client.texts.length > 0);
    const greeting = JSON.parse(client.texts[0] ?? "");
    expect(shape(greeting)).toEqual(shape(JSON.parse(records[0]?.expect[0] ?? "")));
    expect(greeting.QMP.capabilities).toEqual(["oob", "async"]);
    client.destroy();
  });

  it('answers "quit" as QEMU does, and ends', async () => {
    const record = records.find(({ name }) => name === "quit");
    const own = await startQmpd({ args });
    const client = new TestClient(own.sockets[0] ?? "");
    for (const [index, chunk] of (record?.send ?? []).entries()) {
      await client.until(() => client.texts.length >= (record?.after[index] ?? 0));
      client.send(Buffer.from(chunk, "base64"));
    }
    await client.until(() => client.closed);
    const theirs = record?.expect.slice(1).map((line) => comparable(line.trimEnd()));
    expect(client.texts.slice(1).map(comparable)).toEqual(theirs);
    expect(await own.exited).toBe(0);
    await own.stop();
  });
});
