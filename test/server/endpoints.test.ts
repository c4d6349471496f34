import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Chardev } from "../../src/chardev/chardev.ts";
import { encodeGreeting } from "../../src/qmp/greeting.ts";
import { parseEndpoint } from "../../src/server/config.ts";
import { Endpoints } from "../../src/server/endpoints.ts";
import { Recorder } from "../chardev/recorder.ts";

const GREETING =
  '{"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": "qmpd"}, ' +
  '"capabilities": ["oob", "async"]}}\r\n';

let directory: string;
let path: string;
const cleanups: (() => void)[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-endpoints-"));
  path = join(directory, "qmp.sock");
});

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  rmSync(directory, { recursive: true, force: true });
});

async function listen(...texts: string[]): Promise<Endpoints> {
  const endpoints = new Endpoints({
    endpoints: texts.map(parseEndpoint),
    allowRemote: false,
    greeting: encodeGreeting({ qemu: { major: 7, minor: 2, micro: 0 }, package: "qmpd" }),
    onListening: () => {},
    onError: (error) => {
      throw error;
    },
  });
  cleanups.push(() => endpoints.close());
  await endpoints.listen();
  return endpoints;
}

/** A client that has read its greeting. */
async function connect(to = path): Promise<Socket> {
  const client = createConnection({ path: to, allowHalfOpen: true });
  cleanups.push(() => client.destroy());
  const [greeting] = await once(client, "data");
  expect(String(greeting)).toBe(GREETING);
  return client;
}

/** Takes over who waits, and who comes. */
function attach(endpoints: Endpoints): Recorder[] {
  const accepted: Recorder[] = [];
  endpoints.attach((chardev: Chardev) => {
    accepted.push(new Recorder(chardev));
    cleanups.push(() => chardev.destroy());
  });
  return accepted;
}

/** Until the server's side has seen what the client's kernel has sent. */
async function arrive(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await nextTurn();
}

describe("the endpoints of a machine", () => {
  it("N1: greet with version and capabilities, in this order, on each endpoint", async () => {
    const other = join(directory, "other.sock");
    const endpoints = await listen(`unix:${path}`, `unix:${other}`);
    const accepted = attach(endpoints);
    await connect();
    await connect(other);
    expect(accepted.map(({ chardev }) => chardev.peer)).toEqual([`unix:${path}`, `unix:${other}`]);
    expect(endpoints.addresses).toEqual([`unix:${path}`, `unix:${other}`]);
  });

  it("N1: greet before there is anybody to answer, and lose nothing that is sent meanwhile", async () => {
    const endpoints = await listen(`unix:${path}`);
    const first = await connect();
    const second = await connect();
    first.write("early");
    second.end("and gone");
    await arrive();
    const [one, two] = attach(endpoints);
    await one?.received("early");
    await two?.called("inputEnd");
    expect(two?.text).toBe("and gone");
    one?.chardev.write("reply");
    const [reply] = await once(first, "data");
    expect(String(reply)).toBe("reply");
  });

  it("C4: tell of a client that ended its input, or left, before anybody was there", async () => {
    const endpoints = await listen(`unix:${path}`);
    const silent = await connect();
    const leaver = await connect();
    silent.end();
    leaver.destroy();
    await arrive();
    const [stays, left] = attach(endpoints);
    await stays?.called("inputEnd");
    await left?.called("close");
    expect(stays?.calls).toEqual(["inputEnd"]);
  });

  it("close those who were never handed on, and accept nobody any more", async () => {
    const endpoints = await listen(`unix:${path}`);
    const client = await connect();
    client.resume();
    endpoints.close();
    await once(client, "end");
    const late = createConnection({ path });
    const [error] = await once(late, "error");
    expect(error).toMatchObject({ code: "ENOENT" });
  });

  it("say what is wrong with an address, and leave no socket behind", async () => {
    await listen(`unix:${path}`);
    await expect(listen(`unix:${path}`)).rejects.toThrow("in use");
    await connect();
  });
});
