/**
 * Large messages over a real socket: those that a command takes, and those that it does not (rule W5).
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERROR_DESC_LEN_MAX } from "../../src/util/limits.ts";
import { TestClient } from "../support/client.ts";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";

const MIB = 1024 * 1024;

let server: ServerProcess;
let directory = "";

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-large-"));
  server = await startQmpd({ args: ["--display", "VGA:320x200", "--qtest"] });
});

afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const connect = (capabilities: readonly string[] = []): Promise<TestClient> =>
  TestClient.connect(server.sockets[0] ?? "", capabilities);

describe("a large message", () => {
  it("W5: has its effect: a string that a command takes", async () => {
    const client = await connect();
    const data = { id: "x".repeat(MIB), status: "created" };
    client.send(
      JSON.stringify({ execute: "qtest-emit", arguments: { event: "JOB_STATUS_CHANGE", data }, id: 1 }),
    );
    expect(await client.next()).toMatchObject({ event: "JOB_STATUS_CHANGE", data });
    expect(await client.reply()).toEqual({ return: {}, id: 1 });
    client.destroy();
  });

  it("W5: has its effect: a list that a command takes", async () => {
    const client = new TestClient(server.sockets[0] ?? "");
    await client.next();
    const enable = Array.from({ length: 50_000 }, (_, index) => (index % 2 === 0 ? "async" : "oob"));
    expect(await client.execute("qmp_capabilities", { enable }, [2])).toEqual({ return: {}, id: [2] });
    const { return: sessions } = await client.execute("query-sessions", undefined, "s");
    expect(sessions).toContainEqual(expect.objectContaining({ capabilities: ["async", "oob"] }));
    client.destroy();
  });

  it("W5: is refused by a handler that has all of it", async () => {
    const client = await connect();
    const filename = join(directory, `${"d/".repeat(100_000)}x.ppm`);
    const reply = await client.execute("screendump", { filename }, 3);
    const sentence = `failed to open file '${filename}'`;
    expect(reply).toMatchObject({ error: { desc: `${sentence.slice(0, ERROR_DESC_LEN_MAX)}...` }, id: 3 });
    client.destroy();
  });

  it("W5: is refused with what follows it in the same packet answered, and nothing logged", async () => {
    const client = await connect();
    const wrong = { execute: "query-status", arguments: { x: ["y".repeat(8 * MIB)] }, id: { a: [1] } };
    const right = { execute: "query-status", id: 5 };
    client.send(`${JSON.stringify(wrong)}${JSON.stringify(right)}`);
    expect(await client.reply()).toEqual({
      error: { class: "GenericError", desc: "Parameter 'x' is unexpected" },
      id: { a: [1] },
    });
    expect(await client.reply()).toMatchObject({ return: { status: expect.any(String) }, id: 5 });
    client.destroy();
  });
});
