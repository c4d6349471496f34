/** The human monitor of a PC that runs the demo guest, over real sockets. */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { TestClient } from "../support/client.ts";
import { Place, type Program } from "../support/program.ts";

const PROMPT = "(qemu) ";
const BANNER = `QEMU 7.2.0 monitor - type 'help' for more information\r\n${PROMPT}`;

let place: Place;
let program: Program;
beforeEach(() => {
  place = new Place();
});
afterEach(async () => {
  await place.remove();
});

async function serve(...args: string[]): Promise<void> {
  program = place.start({ args: ["--machine", "pc", "--monitor", "unix:hmp.sock", ...args] });
  await program.ready();
}

/** Somebody at the other end of a human monitor. */
class Person {
  readonly socket: Socket;
  text = "";
  closed = false;
  #changed: () => void = () => {};

  constructor(at: string | number) {
    this.socket = typeof at === "string" ? createConnection(at) : createConnection(at, "127.0.0.1");
    this.socket.on("data", (bytes) => {
      this.text += bytes.toString("utf8");
      this.#changed();
    });
    this.socket.on("error", () => {}); // `close` follows.
    this.socket.on("close", () => {
      this.closed = true;
      this.#changed();
    });
  }

  async until(enough: () => boolean): Promise<void> {
    while (!enough()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  /** What comes up to the next prompt, without it. */
  async read(): Promise<string> {
    await this.until(() => this.text.endsWith(PROMPT) || this.closed);
    const { text } = this;
    this.text = "";
    return text.slice(0, -PROMPT.length);
  }

  /** Types a line; what it prints comes after its echo. */
  async run(line: string): Promise<string> {
    this.socket.write(`${line}\n`);
    const text = await this.read();
    expect(text.startsWith(`${line}\r\n`)).toBe(true);
    return text.slice(line.length + 2).replaceAll("\r\n", "\n");
  }
}

async function visit(at: string | number = place.path("hmp.sock")): Promise<Person> {
  const person = new Person(at);
  expect(`${await person.read()}${PROMPT}`).toBe(BANNER);
  return person;
}

/** A terminal in which a service with a human monitor has been started, and takes keys. */
async function openTerminal(options: string) {
  // With a shell that stays, Ctrl-C would end that too, and its status would be the one seen.
  const serve = ["exec", process.execPath, resolve("dist/src/cli/qmpd.js"), "serve"];
  const command = [...serve, options, "--log-level silent"].join(" ");
  const terminal = spawn("script", ["-qec", command, "/dev/null"], { cwd: place.directory });
  onTestFinished(() => void terminal.kill());
  let shown = "";
  terminal.stdout.on("data", (bytes) => {
    shown += bytes;
  });
  const ended = once(terminal, "close");
  const type = (text: string): void => void terminal.stdin.write(text);
  const until = (text: string): Promise<void> => vi.waitFor(() => expect(shown).toContain(text), 15_000);
  await until(PROMPT);
  // Before, the terminal has them in its own hands.
  await vi.waitFor(() => {
    type("x\x7f");
    expect(shown).toContain("x\x1b[1D\x1b[K");
  }, 15_000);
  return { shown: () => shown, ended, type, until };
}

const query = (): Promise<TestClient> => TestClient.connect(place.path("qmp.sock"), []);

describe("the human monitor of a PC", () => {
  it("shows registers and memory of the guest", async () => {
    await serve();
    const person = await visit();
    await vi.waitFor(async () => expect(await person.run("xp/2wx 0x10000")).toContain("0x64706d71"), 10_000);
    expect(await person.run("x/28cb 0x10000")).toContain("00010010: ' ' 'h' 'e' 'r' 'e' ' ' 'I' ' '\n");
    expect(await person.run("x/24xb 0xc0000ff0")).toMatch(
      /^c0000ff0:( 0x[0-9a-f]{2}){8}\nc0000ff8:( 0x[0-9a-f]{2}){8}\nc0001000: 0x00 0x01 0x02 0x03 0x04 0x05 0x06 0x07\n$/,
    );
    expect(await person.run("x/24xb 0xc0001ff8")).toBe(
      "c0001ff8: 0xf8 0xf9 0xfa 0xfb 0xfc 0xfd 0xfe 0xff\nc0002000: Cannot access memory\n",
    );
    expect(await person.run("info mem")).toBe(
      "0000000000000000-0000000001000000 0000000001000000 -rw\n" +
        "00000000c0000000-00000000c0002000 0000000000002000 -rw\n" +
        "00000000e0000000-00000000e1000000 0000000001000000 -rw\n",
    );
    const registers = await person.run("info registers");
    expect(registers).toMatch(/^\nCPU#0\nEAX=[0-9a-f]{8} EBX=[0-9a-f]{8} ECX=[0-9a-f]{8} EDX=[0-9a-f]{8}\n/);
    expect(registers).toMatch(
      /\nEIP=000f[0-9a-f]{4} EFL=[0-9a-f]{8} \[[-A-Z]{7}\] CPL=0 II=0 A20=1 SMM=0 HLT=[01]\n/,
    );
    expect(registers).toContain("\nCS =0008 00000000 ffffffff 00cf9a00 DPL=0 CS32 [-R-]\n");
    expect(registers).toContain("\nLDT=0000 00000000 0000ffff 00008200 DPL=0 LDT\n");
    expect(registers).toContain("\nTR =0000 00000000 0000ffff 00008b00 DPL=0 TSS32-busy\n");
    expect(await person.run("xp/2xb 0xd0000000")).toBe("00000000d0000000: 0x00 0x00\n");
    expect(await person.run("x/1xw $esp - 4")).toMatch(/^0001fffc: 0x[0-9a-f]{8}\n$/);
  });

  it("L8: acts by the QMP commands, whose effects and events every session sees", async () => {
    await serve("--name", "box");
    const [person, client] = [await visit(), await query()];
    expect(await person.run("info name")).toBe("box\n");
    expect(await person.run("stop")).toBe("");
    expect(await person.run("info status")).toBe("VM status: paused\n");
    expect(await client.next()).toMatchObject({ event: "STOP" });
    expect(await person.run("c")).toBe("");
    expect(await client.next()).toMatchObject({ event: "RESUME" });
    expect(await person.run("system_reset")).toBe("");
    expect(await client.next()).toMatchObject({ event: "RESET", data: { guest: false } });
    expect(await person.run(`screendump ${place.path("screen.ppm")}`)).toBe("");
    expect(readFileSync(place.path("screen.ppm")).subarray(0, 2).toString()).toBe("P6");
    expect(await person.run("screendump /nowhere/x")).toBe(
      "Error: failed to open file '/nowhere/x': No such file or directory\n",
    );
    expect(await person.run("info cpus")).toMatch(/^\* CPU #0: thread_id=\d+\n$/);
    expect(await person.run("info qom-tree /machine/peripheral")).toBe("/peripheral (container)\n");
    expect(await person.run("info qom-tree")).toMatch(
      /^\/machine \(pc-machine\)\n {2}\/peripheral \(container\)\n/,
    );
    expect(await person.run("info qom-tree /nowhere")).toBe("Path '/nowhere' could not be resolved.\n");
    expect(await person.run("info chardev")).toBe(
      "serial0: filename=ringbuf\n" +
        "compat_monitor0: filename=unix:qmp.sock,server=on\n" +
        "compat_monitor1: filename=unix:hmp.sock,server=on\n",
    );
  });

  it("is no session of QMP, and one for each client", async () => {
    await serve();
    const [first, second, client] = [await visit(), await visit(), await query()];
    expect(await client.execute("query-sessions")).toMatchObject({ return: [{ peer: expect.any(String) }] });
    expect(await first.run("x/1db 0x13080")).toMatch(/^00013080: +\d+\n$/);
    expect(await second.run("x 0x13080")).toMatch(/^00013080: 0x[0-9a-f]{8}\n$/);
    second.socket.write("\x1b[A\x1b[A\n");
    expect(await second.read()).toContain("x 0x13080");
  });

  it("edits lines as they are typed, with history and completion", async () => {
    await serve();
    const person = await visit();
    const type = async (keys: string): Promise<void> => {
      for (const key of keys) await new Promise<void>((resolve) => person.socket.write(key, () => resolve()));
    };
    await type("inx\x7ffo stt\x1b[Da\x05us\r");
    expect(await person.read()).toMatch(/us\r\nVM status: running\r\n$/);
    await type("\x1b[A");
    await person.until(() => person.text === "info status\x1b[K");
    await type("\x17ve\t\n");
    expect(await person.read()).toMatch(/version \r\n7\.2\.0qmpd \S+\r\n$/);
    await type("system_\t");
    await person.until(() => person.text.endsWith(`\r\n${PROMPT}system_`));
    expect(person.text).toContain("\r\nsystem_powerdown  system_reset      \r\n");
  });

  it("R1: suspends only the one whose command takes long", async () => {
    await serve();
    const [first, second] = [await visit(), await visit()];
    const fifo = place.path("fifo");
    execFileSync("mkfifo", [fifo]);
    // A reader that takes nothing yet: more is written than the pipe holds.
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    first.socket.write(`screendump ${fifo}\ninfo status\n`);
    await first.until(() => first.text !== "");
    expect(await second.run("info status")).toBe("VM status: running\n");
    expect(first.text).toBe(`screendump ${fifo}\r\n`);
    spawn("cat", [fifo], { stdio: "ignore" });
    await first.until(() => first.text.endsWith(`VM status: running\r\n${PROMPT}`));
    expect(first.text).toContain(`\r\n${PROMPT}info status\r\n`);
    closeSync(reader);
  });

  it("runs what comes before a half-close, and then closes", async () => {
    await serve();
    const person = new Person(place.path("hmp.sock"));
    person.socket.end("info status\ninfo name\nhel");
    await person.until(() => person.closed);
    expect(person.text).toBe(
      `${BANNER}info status\r\nVM status: running\r\n${PROMPT}info name\r\n${PROMPT}hel`,
    );
  });

  it("ends the machine with quit", async () => {
    await serve();
    const [person, client] = [await visit(), await query()];
    person.socket.write("quit\n");
    expect(await client.next()).toMatchObject({
      event: "SHUTDOWN",
      data: { guest: false, reason: "host-qmp-quit" },
    });
    await person.until(() => person.closed);
    expect(person.text).toBe("quit\r\n");
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(existsSync(place.path("hmp.sock"))).toBe(false);
  });

  it("ends in time with clients that wait, and that type half a line", async () => {
    await serve();
    const [first, second] = [await visit(), await visit()];
    second.socket.write("info sta");
    await second.until(() => second.text === "info sta");
    program.kill("SIGTERM");
    expect(await program.ended).toEqual({ status: 0, signal: null });
    await first.until(() => first.closed);
    await second.until(() => second.closed);
  });
});

describe("an endpoint of the human monitor", () => {
  it("may be TCP, on loopback", async () => {
    program = place.start({ args: ["--machine", "none", "--monitor", "tcp:127.0.0.1:0"] });
    await program.ready();
    const port = Number(/human monitor: tcp:127\.0\.0\.1:(\d+)/.exec(program.stdout)?.[1]);
    const person = await visit(port);
    expect(await person.run("info registers")).toBe("No CPU available\n");
    expect(await person.run("x 0")).toBe("Can not dump without CPU\n");
    expect(await person.run("xp 0")).toBe("0000000000000000: Cannot access memory\n");
    expect(await person.run("info chardev")).toBe(
      `compat_monitor0: filename=unix:qmp.sock,server=on\ncompat_monitor1: filename=tcp:127.0.0.1:${port},server=on\n`,
    );
  });

  it("may be standard input and output, of a pipe", async () => {
    program = place.start({ args: ["--machine", "none", "--monitor", "stdio"], stdio: "pipe" });
    program.child.stdin?.write("info status\nquit\n");
    expect(await program.ended).toEqual({ status: 0, signal: null });
    expect(program.stdout).toBe(`${BANNER}info status\r\nVM status: running\r\n${PROMPT}quit\r\n`);
    expect(program.stderr).toContain("qmpd is ready.");
  });

  it("may be a terminal, whose keys it gets one by one, and where Ctrl-C still ends the program", async () => {
    const terminal = await openTerminal("--machine none --monitor stdio");
    terminal.type("info sta\t\r");
    await terminal.until("VM status: running");
    terminal.type("\x03");
    expect(await terminal.ended).toEqual([0, null]);
  });

  it("gives the terminal back when its machine ends: Ctrl-C ends the program that others keep", async () => {
    const machine = (name: string, more: string): string =>
      `  - { name: ${name}, type: none, qmp: ["unix:${name}.sock"]${more} }\n`;
    const config = `machines:\n${machine("vm1", ", monitor: [stdio]")}${machine("vm2", "")}`;
    writeFileSync(place.path("machines.yaml"), config);
    const terminal = await openTerminal("--config machines.yaml");
    terminal.type("quit\r");
    await terminal.until("quit\r");
    // Back in its own hands, the terminal shows by itself what is typed.
    await vi.waitFor(() => {
      terminal.type("x");
      expect(terminal.shown()).toMatch(/quit[\r\n]+x/);
    }, 15_000);
    terminal.type("\x03");
    expect(await terminal.ended).toEqual([0, null]);
  });

  it("is nobody's twice", async () => {
    program = place.start({ args: ["--machine", "none", "--monitor", "unix:./qmp.sock"] });
    expect(await program.ended).toMatchObject({ status: 1 });
    expect(program.stderr).toContain("two endpoints are unix:");
  });

  it("stands in the configuration file", async () => {
    const machines = [{ name: "vm1", type: "none", qmp: ["unix:qmp.sock"], monitor: ["unix:hmp.sock"] }];
    writeFileSync(place.path("machines.yaml"), JSON.stringify({ machines }));
    program = place.start({ args: ["--config", "machines.yaml"] });
    await program.ready();
    expect(await (await visit()).run("info name")).toBe("vm1\n");
  });

  it("serves before the machine is made, what there is then", async () => {
    program = place.start({ args: ["--machine", "none", "--preconfig", "--monitor", "unix:hmp.sock"] });
    await program.ready();
    const person = await visit();
    expect(await person.run("info status")).toBe("VM status: paused (prelaunch)\n");
    expect(await person.run("stop")).toBe(
      "Command 'stop' not available until machine initialization has completed.\n",
    );
  });
});

describe("keys and pointers of the human monitor", () => {
  it("reach the guest: what sendkey types is at its prompt, and the pointer moves", async () => {
    await serve();
    const person = await visit();
    const client = await query();
    const serial = async (): Promise<string> => {
      const size = 65_536;
      const { return: text } = await client.execute("ringbuf-read", { device: "serial0", size });
      return String(text);
    };
    let said = "";
    const hear = (text: string): Promise<void> =>
      vi.waitFor(async () => {
        said += await serial();
        expect(said).toContain(text);
      }, 10_000);
    await hear("> ");
    for (const key of ["a", "b", "o", "u", "t"]) expect(await person.run(`sendkey ${key} 20`)).toBe("");
    expect(await person.run("sendkey ret 20")).toBe("");
    await hear("> about\r\n");
    expect(await person.run("sendkey nokey")).toBe("invalid parameter: nokey\n");
    expect(await person.run("info mice")).toMatch(/^[* ] Mouse #\d+: .*\n(?:.*\n)*$/);
    expect(await person.run("info mice")).toContain("* Mouse #");
    expect(await person.run("mouse_button 5")).toBe("");
    await vi.waitFor(
      async () => expect(await person.run("xp/1xw 0x10040")).toContain(": 0x00000005\n"),
      10_000,
    );
    expect(await person.run("mouse_button 0")).toBe("");
    await vi.waitFor(
      async () => expect(await person.run("xp/1xw 0x10040")).toContain(": 0x00000000\n"),
      10_000,
    );
    const before = await person.run("xp/2dw 0x10038");
    expect(await person.run("mouse_move 30 20")).toBe("");
    await vi.waitFor(async () => expect(await person.run("xp/2dw 0x10038")).not.toBe(before), 10_000);
  });
});
