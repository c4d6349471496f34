import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { TestClient } from "../support/client.ts";
import { firmware } from "../support/pc.ts";
import { Program, type ProgramOptions } from "../support/program.ts";

/** On a busy computer the guest's thread, which is nice, waits for its turn. */
const BOOT_MS_MAX = 15_000;

let directory: string;
let program: Program | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-pc-service-"));
  writeFileSync(join(directory, "bios.bin"), firmware("orders"));
});
afterEach(async () => {
  program?.kill("SIGTERM");
  await program?.ended;
  program = undefined;
  rmSync(directory, { recursive: true, force: true });
});

async function serve(...args: string[]): Promise<Program> {
  const options: ProgramOptions = {
    args: ["--machine", "pc", "--bios", "bios.bin", "--memory", "2", "--serial", "unix:serial.sock", ...args],
  };
  program = new Program(directory, options);
  await program.ready();
  return program;
}

/** The other end of the serial port. */
async function plugIn() {
  const socket = createConnection(join(directory, "serial.sock"));
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  return {
    socket,
    order: (orders: string) => void socket.write(orders),
    said: (expected: string) => vi.waitFor(() => expect(text).toContain(expected), { timeout: BOOT_MS_MAX }),
  };
}

const connect = (): Promise<TestClient> => TestClient.connect(join(directory, "qmp.sock"), []);

it("a client sees the guest's screen change, over the socket", async () => {
  await serve();
  const [client, serial] = [await connect(), await plugIn()];
  const dump = async (name: string): Promise<Buffer> => {
    const filename = join(directory, name);
    expect(await client.execute("screendump", { filename })).toEqual({ return: {} });
    return readFileSync(filename);
  };
  expect((await dump("text.ppm")).subarray(0, 15).toString("latin1")).toBe("P6\n720 400\n255\n");
  serial.order("g.");
  await serial.said(".");
  const graphics = await dump("graphics.ppm");
  expect(graphics.subarray(0, 15).toString("latin1")).toBe("P6\n640 480\n255\n");
  expect([...graphics.subarray(15, 18)]).toEqual([0x10, 0x20, 0x30]);
  const data = await client.execute("screendump-data", { format: "png" });
  expect(data).toMatchObject({ return: { width: 640, height: 480, format: "png" } });
});

it("L8: tells the events of a verb before its return, and what the guest does when it does it", async () => {
  await serve("--no-shutdown");
  const [client, serial] = [await connect(), await plugIn()];
  client.send({ execute: "stop" });
  client.send({ execute: "cont" });
  client.send({ execute: "system_reset" });
  expect(await client.take(6)).toMatchObject([
    { event: "STOP" },
    { return: {} },
    { event: "RESUME" },
    { return: {} },
    { event: "RESET", data: { guest: false, reason: "host-qmp-system-reset" } },
    { return: {} },
  ]);
  serial.order("t");
  expect(await client.next()).toMatchObject({ event: "RESET", data: { guest: true, reason: "guest-reset" } });
  serial.order("o");
  expect(await client.take(2)).toMatchObject([
    { event: "SHUTDOWN", data: { guest: true, reason: "guest-shutdown" } },
    { event: "STOP" },
  ]);
  expect(await client.execute("query-status")).toMatchObject({
    return: { status: "shutdown", running: false },
  });
});

it("a guest that switches off ends the machine, and with it the service", async () => {
  const { ended } = await serve();
  const [client, serial] = [await connect(), await plugIn()];
  serial.order("o");
  expect(await client.next()).toMatchObject({
    event: "SHUTDOWN",
    data: { guest: true, reason: "guest-shutdown" },
  });
  expect(await ended).toMatchObject({ status: 0 });
  expect(client.texts.length).toBe(3);
});

it("runs the demo guest where no firmware is given", async () => {
  program = new Program(directory, { args: ["--machine", "pc", "--serial", "unix:serial.sock"] });
  await program.ready();
  const [client, serial] = [await connect(), await plugIn()];
  await client.execute("system_reset");
  await serial.said("Type help and press Enter.");
});

it("tells of its one processor and of its devices", async () => {
  await serve();
  const client = await connect();
  expect(await client.execute("query-cpus-fast")).toMatchObject({
    return: [{ "cpu-index": 0, "qom-path": "/machine/unattached/device[0]", target: "i386" }],
  });
  expect(
    await client.execute("qom-get", { path: "/machine/unattached/device[0]", property: "type" }),
  ).toEqual({ return: "v86-i386-cpu" });
  expect(await client.execute("qom-get", { path: "/machine", property: "memory" })).toEqual({
    return: { size: 2 ** 21 },
  });
  expect(await client.execute("query-target")).toEqual({ return: { arch: "i386" } });
});

it.each([
  [["--hda", "none.img"], "Could not open 'none.img': No such file or directory"],
  [["--hda", "."], "Could not open '.': it is not a regular file"],
  [
    ["--hda", "disk.qcow2"],
    "Could not open 'disk.qcow2': it is a qcow2 image, and raw ones alone can be used",
  ],
  [["--bios", "disk.qcow2"], "Could not load 'disk.qcow2': it is no firmware of a PC"],
  [["--vga-bios", "disk.qcow2"], "Could not load 'disk.qcow2': it is no firmware of a display adapter"],
  [["--kernel", "disk.qcow2"], "Could not load 'disk.qcow2': it is no Linux kernel"],
  [["--memory", "3000"], "a PC's memory is 1 to 1792 MiB, in whole ones, not 3000"],
  [["--boot", "x"], "boot order 'x' is not made of c (hard disk), d (CD-ROM) and a (floppy)"],
  [["--append", "x"], "a kernel's command line needs a kernel"],
  [["--display", "VGA:640x480"], "machine type 'pc' takes no display: type test does"],
  [["--machine", "none"], "--bios: only a machine of type pc has it"],
])("does not start with %j", async (args, message) => {
  writeFileSync(join(directory, "disk.qcow2"), Buffer.from("QFI\xfb", "latin1"));
  program = new Program(directory, { args: ["--machine", "pc", "--bios", "bios.bin", ...args] });
  expect(await program.ended).toMatchObject({ status: 1 });
  expect(program.stderr).toContain(message);
});
