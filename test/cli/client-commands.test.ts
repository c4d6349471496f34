/** `qmpd shell` and `qmpd screendump` as processes, over real sockets. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, type JsonValue } from "../../src/client/index.ts";
import { qemuMissing, type ServerProcess, startQemu } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";
import { QEMU_GREETING, settle } from "../support/scripted-server.ts";

const PROGRAM = resolve("dist/src/cli/qmpd.js");
const SIZE = { width: 640, height: 480 };

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "qmpd-tools-"));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function qmpd(args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    ...{ cwd: directory, input, timeout: 15_000 },
    env: { ...process.env, XDG_STATE_HOME: directory },
  });
  return { status, stdout, stderr: String(stderr) };
}

function sizeOf(picture: Buffer) {
  const { width, height } = decode(picture);
  return { width, height };
}

const PPM_HEADER = "P6\n640 480\n255\n";

/** Pictures that any server gives in the same way. */
function takesPictures(endpoint: () => string): void {
  it("writes PNG and PPM by the file's ending, and to standard output", () => {
    expect(qmpd(["screendump", endpoint(), "a.png"])).toMatchObject({ status: 0, stderr: "" });
    expect(sizeOf(readFileSync(join(directory, "a.png")))).toEqual(SIZE);
    expect(qmpd(["screendump", endpoint(), "a.ppm"])).toMatchObject({ status: 0, stderr: "" });
    const ppm = readFileSync(join(directory, "a.ppm"));
    expect(ppm.length).toBe(PPM_HEADER.length + SIZE.width * SIZE.height * 3);
    expect(sizeOf(qmpd(["screendump", endpoint(), "-"]).stdout)).toEqual(SIZE);
    expect(qmpd(["screendump", endpoint(), "a.png", "--format", "ppm"]).status).toBe(0);
    expect(readFileSync(join(directory, "a.png"), "latin1").startsWith(PPM_HEADER)).toBe(true);
  });

  it("leaves the file as it was, and nothing beside it, when there is no picture", () => {
    const before = readdirSync(directory);
    writeFileSync(join(directory, "kept.png"), "kept");
    const { status, stderr } = qmpd(["screendump", endpoint(), "kept.png", "--device", "nope"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^qmpd: screendump(-data)?: DeviceNotFound: Device 'nope' not found\n$/);
    expect(readFileSync(join(directory, "kept.png"), "utf8")).toBe("kept");
    rmSync(join(directory, "kept.png"));
    expect(readdirSync(directory)).toEqual(before);
  });
}

describe("qmpd screendump from this project's server", () => {
  let server: ServerProcess;
  const endpoint = (): string => `unix:${server.sockets[0]}`;

  beforeAll(async () => {
    server = await startQmpd({ args: ["--display", "VGA:640x480"] });
  });
  afterAll(() => server.stop());

  takesPictures(endpoint);

  it("leaves a file that it replaces to those who could read it, and takes the longest name", () => {
    const name = `${"x".repeat(251)}.png`;
    for (const mode of [0o600, 0o666]) {
      writeFileSync(join(directory, name), "old");
      chmodSync(join(directory, name), mode);
      expect(qmpd(["screendump", endpoint(), name])).toMatchObject({ status: 0, stderr: "" });
      expect(statSync(join(directory, name)).mode & 0o777).toBe(mode);
      expect(sizeOf(readFileSync(join(directory, name)))).toEqual(SIZE);
    }
  });

  it("replaces the target of a symbolic link, and writes to what is no file", () => {
    symlinkSync("target.png", join(directory, "link.png"));
    writeFileSync(join(directory, "target.png"), "old");
    expect(qmpd(["screendump", endpoint(), "link.png"]).status).toBe(0);
    expect(sizeOf(readFileSync(join(directory, "target.png")))).toEqual(SIZE);
    expect(qmpd(["screendump", endpoint(), "/dev/null"])).toMatchObject({ status: 0, stderr: "" });
  });

  it("waits for who reads a pipe, without the connection, and hears signals", async () => {
    const pipe = join(directory, "pipe");
    spawnSync("mkfifo", [pipe]);
    const child = spawn(process.execPath, [PROGRAM, "screendump", endpoint(), pipe, "--timeout", "9"]);
    const watcher = await connect(endpoint());
    try {
      const isConnected = async (): Promise<boolean> =>
        ((await watcher.execute("query-sessions")) as JsonValue[]).length > 1;
      while (!(await isConnected())) await settle();
      while (await isConnected()) await settle();
      child.kill("SIGINT");
      expect(await once(child, "close")).toEqual([null, "SIGINT"]);
    } finally {
      child.kill("SIGKILL");
      await watcher.close();
      rmSync(pipe);
    }
  });

  it.each([
    [["/no/such/x.png"], "qmpd: /no/such/x.png: no such file or directory\n"],
    [["."], "qmpd: .: there is a directory of that name\n"],
    [[""], "qmpd: the name of the file is empty\n"],
    [["x", "--timeout", "0"], "argument '0' is invalid. a number of seconds above 0 is expected"],
    [
      ["x", "--head", "1"],
      "qmpd: screendump-data: GenericError: 'head' must be specified together with 'device'\n",
    ],
  ])("says what is wrong with %j", (args, message) => {
    const { status, stderr } = qmpd(["screendump", endpoint(), ...args]);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  });
});

describe.skipIf(qemuMissing() !== undefined)("with real QEMU", () => {
  let server: ServerProcess;
  const endpoint = (): string => `unix:${server.sockets[0]}`;

  beforeAll(async () => {
    server = await startQemu({ picture: SIZE });
  });
  afterAll(() => server.stop());

  takesPictures(endpoint);

  it("the shell types arguments by QEMU's schema and runs a script", () => {
    const script =
      "query-name\nblockdev-add driver=null-co node-name=d size=1M\nset_link name=x up=maybe\nhelp set_link\n";
    const { status, stdout, stderr } = qmpd(["shell", endpoint()], script);
    expect(status).toBe(1);
    expect(String(stdout)).toContain('{"return": {}}\nset_link\n');
    expect(stderr).toBe(
      "qmpd: line 2: 'size' is to be an integer, and '1M' is not\n" +
        "qmpd: line 3: 'up' is to be true or false, and 'maybe' is not\n",
    );
  });
});

describe("a server without introspection", () => {
  /** One that knows `screendump` alone, and lets `write` make the file. */
  async function screendumpFrom(write: (filename: string) => void, args: readonly string[]) {
    const server = createServer((socket) => {
      socket.write(QEMU_GREETING);
      createInterface({ input: socket }).on("line", (line) => {
        const { execute, arguments: given, id } = JSON.parse(line);
        if (execute === "screendump") {
          expect(Object.keys(given)).toEqual(["filename"]);
          write(given.filename);
        }
        const isKnown = ["qmp_capabilities", "screendump"].includes(execute);
        const error = { class: "CommandNotFound", desc: "no" };
        socket.write(`${JSON.stringify(isKnown ? { return: {}, id } : { id, error })}\r\n`);
      });
    });
    const path = join(directory, "old.sock");
    await new Promise<void>((done) => server.listen(path, done));
    const child = spawn(process.execPath, [PROGRAM, "screendump", `unix:${path}`, ...args], {
      cwd: directory,
    });
    let stderr = "";
    child.stderr.on("data", (bytes) => {
      stderr += bytes;
    });
    const [status] = await once(child, "close");
    server.close();
    return { status, stderr };
  }

  it("is asked for a file, which is PPM", async () => {
    const write = (filename: string): void => writeFileSync(filename, "P6\n1 1\n255\nabc");
    expect(await screendumpFrom(write, ["old.ppm"])).toEqual({ status: 0, stderr: "" });
    expect(readFileSync(join(directory, "old.ppm"), "utf8")).toBe("P6\n1 1\n255\nabc");
    expect(await screendumpFrom(write, ["old.png"])).toEqual({
      status: 1,
      stderr: "qmpd: this server makes pictures as PPM alone: use --format ppm\n",
    });
  });

  it("may be another user: it can write in the folder that it is told, and nobody else can know where", async () => {
    let folder = "";
    const write = (filename: string): void => {
      folder = dirname(filename);
      expect((statSync(folder).mode & 0o777).toString(8)).toBe("733");
      writeFileSync(filename, "P6\n1 1\n255\nabc");
    };
    expect(await screendumpFrom(write, ["old.ppm"])).toEqual({ status: 0, stderr: "" });
    expect(dirname(folder)).toBe(directory);
    expect(existsSync(folder)).toBe(false);
  });

  it("is not followed to what others put beside its file: that is told, and left where it is", async () => {
    let theirs = "";
    const write = (filename: string): void => {
      theirs = join(dirname(filename), "theirs");
      mkdirSync(theirs);
      writeFileSync(join(theirs, "file"), "");
      writeFileSync(filename, "P6\n1 1\n255\nabc");
    };
    const { status, stderr } = await screendumpFrom(write, ["old.ppm"]);
    expect(stderr).toMatch(/^qmpd: \S+ cannot be removed: ENOTEMPTY: .*\n$/);
    expect(status).toBe(0);
    expect(readdirSync(dirname(theirs))).toEqual(["theirs"]);
    expect(readdirSync(theirs)).toEqual(["file"]);
    rmSync(dirname(theirs), { recursive: true });
  });

  it("is refused a file that is elsewhere, cannot be read, or is no picture", async () => {
    const where = `qmpd: unix:${directory}/old.sock: `;
    expect(await screendumpFrom(() => {}, ["none.ppm"])).toEqual({
      status: 1,
      stderr: `${where}the server wrote its file elsewhere: is it on another computer, or in a container?\n`,
    });
    expect(await screendumpFrom((filename) => symlinkSync(filename, filename), ["none.ppm"])).toEqual({
      status: 1,
      stderr: `${where}the file that the server wrote cannot be read: too many symbolic links encountered\n`,
    });
    expect(await screendumpFrom((filename) => spawnSync("mkfifo", [filename]), ["none.ppm"])).toEqual({
      status: 1,
      stderr: `${where}the file that the server wrote cannot be read: what the server has left there is no file\n`,
    });
    expect(await screendumpFrom((filename) => mkdirSync(filename), ["none.ppm"])).toEqual({
      status: 1,
      stderr: `${where}the file that the server wrote cannot be read: what the server has left there is no file\n`,
    });
    expect(await screendumpFrom((filename) => writeFileSync(filename, "text"), ["none.ppm"])).toEqual({
      status: 1,
      stderr: `${where}what came is no PPM (4 bytes)\n`,
    });
    expect(
      readdirSync(directory).filter((name) => name.includes("none") || name.startsWith(".qmpd")),
    ).toEqual([]);
  });
});

describe("a server that is silent", () => {
  it("is given up in time, and when a signal comes, and leaves no file", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.on("error", () => {})));
    server.on("connection", (socket) => {
      socket.write(QEMU_GREETING);
      socket.once("data", () => socket.write('{"return": {}, "id": 1}\r\n'));
    });
    const path = join(directory, "silent.sock");
    await new Promise<void>((done) => server.listen(path, done));
    const run = (args: readonly string[]): { child: ChildProcess; stderr: () => string } => {
      const child = spawn(process.execPath, [PROGRAM, "screendump", `unix:${path}`, "late.png", ...args], {
        ...{ cwd: directory, stdio: ["ignore", "ignore", "pipe"] as const },
      });
      let stderr = "";
      child.stderr?.on("data", (bytes) => {
        stderr += bytes;
      });
      return { child, stderr: () => stderr };
    };
    const timed = run(["--timeout", "2"]);
    expect((await once(timed.child, "close"))[0]).toBe(1);
    expect(timed.stderr()).toMatch(/^qmpd: query-qmp-schema: no reply within \d+ ms\n/);
    const connection = once(server, "connection");
    const ended = run([]);
    const [socket] = (await connection) as [Socket];
    await once(socket, "data");
    ended.child.kill("SIGTERM");
    expect((await once(ended.child, "close"))[0]).toBe(1);
    expect(ended.stderr()).toContain("qmpd: ended by SIGTERM\n");
    expect(existsSync(join(directory, "late.png"))).toBe(false);
    for (const each of sockets) each.destroy();
    server.close();
  });
});

const scriptMissing = spawnSync("script", ["--version"], { stdio: "ignore" }).status !== 0;
if (scriptMissing) console.warn("skipped: script (util-linux) is not installed");

describe.skipIf(scriptMissing)("qmpd shell at a terminal of its own", () => {
  it("completes, cancels with Ctrl-C, keeps its history, and leaves with Ctrl-D", async () => {
    const server = await startQmpd({ args: ["--qtest"] });
    const command = `${process.execPath} ${PROGRAM} shell unix:${server.sockets[0]}`;
    const child = spawn("script", ["-qec", command, "/dev/null"], {
      env: { ...process.env, XDG_STATE_HOME: directory, NO_COLOR: "1", TERM: "xterm" },
    });
    let screen = "";
    const seen = async (text: string): Promise<void> => {
      while (!stripVTControlCharacters(screen).includes(text)) await once(child.stdout, "data");
      // What comes behind it may have come with it.
      const shown = stripVTControlCharacters(screen);
      screen = shown.slice(shown.indexOf(text) + text.length);
    };
    child.stdout.on("data", (bytes) => {
      screen += bytes;
    });
    try {
      await seen("qmp> ");
      child.stdin.write("query-name\r");
      await seen("query-name");
      await seen("{}");
      child.stdin.write("help set_l");
      await seen("help set_l");
      child.stdin.write("\t");
      await seen("ink");
      child.stdin.write("\r");
      await seen("name=str");
      child.stdin.write("qtest-timeout duration=60\r");
      await seen("[qtest-timeout 0s] qmp> ");
      child.stdin.write("\x03");
      await seen("GenericError: Command cancelled");
      child.stdin.write("\x04");
      expect((await once(child, "exit"))[0]).toBe(0);
      expect(readFileSync(join(directory, "qmpd", "history"), "utf8")).toBe(
        "query-name\nhelp set_link\nqtest-timeout duration=60\n",
      );
    } finally {
      child.kill("SIGKILL");
      await server.stop();
    }
  });
});
