/** Whoever started the service may not read what it says, or may have gone: it serves all the same. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Place, type Program } from "../support/program.ts";

const SESSIONS = 500;

let place: Place;

beforeEach(() => {
  place = new Place();
});

afterEach(() => place.remove());

async function answersAndEnds(program: Program, sessions = 1): Promise<void> {
  for (let session = 0; session < sessions; session++) {
    const client = await place.connect();
    expect(await client.execute("query-status")).toMatchObject({ return: { status: "running" } });
    client.destroy();
  }
  program.kill("SIGTERM");
  expect(await program.ended, program.stderr).toEqual({ status: 0, signal: null });
}

it.each(["stdout", "stderr"] as const)("a closed %s stops nothing", async (stream) => {
  const program = place.start({ args: ["--log-level", "debug"] });
  program.child[stream]?.destroy();
  await place.until("qmp.sock", true);
  await answersAndEnds(program, 10);
});

describe("a standard error that nobody reads", () => {
  let fd: number;

  beforeEach(() => {
    spawnSync("mkfifo", [place.path("fifo")]);
    // A real pipe, which holds 64 KiB; what Node.js makes for a child is a socket.
    fd = openSync(place.path("fifo"), "r+");
  });

  afterEach(() => closeSync(fd));

  it(`stops nothing, over ${SESSIONS} sessions that are logged`, async () => {
    const program = place.start({ args: ["--log-level", "debug"], stdio: ["ignore", "ignore", fd] });
    await place.until("qmp.sock", true);
    await answersAndEnds(program, SESSIONS);
  });

  it("loses lines beyond a bound, and the log tells how many when it is read again", async () => {
    const lines = 20_000;
    const module = new URL("../../dist/src/cli/late-log.js", import.meta.url).href;
    const script = `import { LateLog } from ${JSON.stringify(module)};
      const log = new LateLog("info");
      await log.load();
      for (let line = 0; line < ${lines}; line++) log.info({}, "a line that nobody reads");
      process.stdout.write("said");
      process.stdin.resume();`;
    const args = ["--input-type=module", "-e", script];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", fd] });
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new Error("the child has no pipes");
    await once(stdout, "data");
    const reader = new Socket({
      fd: openSync(place.path("fifo"), constants.O_RDONLY | constants.O_NONBLOCK),
    });
    let text = "";
    reader.on("data", (bytes) => {
      text += bytes;
    });
    while (!/"lostLines":\d+.*\n/.test(text)) await once(reader, "data");
    reader.destroy();
    stdin.end();
    await once(child, "exit");
    const lost = Number(/"lostLines":(\d+)/.exec(text)?.[1]);
    expect(lost).toBeGreaterThan(0);
    expect(text.split("\n").filter((line) => line.includes("a line that nobody reads"))).toHaveLength(
      lines - lost,
    );
  });
});
