import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { decode as decodePng, encode as encodePng } from "fast-png";
import { decode as decodeSixels } from "sixel";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { pictureProtocol, terminalPicture } from "../../src/cli/terminal-picture.ts";
import type { ServerProcess } from "../support/qemu.ts";
import { startQmpd } from "../support/qmpd.ts";

const PROGRAM = resolve("dist/src/cli/qmpd.js");
/** What tells one terminal from another, here and in whatever runs the tests. */
const TERMINALS = ["TERM", "TERM_PROGRAM", "LC_TERMINAL", "KITTY_WINDOW_ID", "KITTY_PID", "KONSOLE_VERSION"];
const NO_TERMINAL = Object.fromEntries(
  [...TERMINALS, "WEZTERM_PANE", "WEZTERM_UNIX_SOCKET", "GHOSTTY_RESOURCES_DIR", "TMUX", "STY"].map(
    (name) => [name, ""],
  ),
);

const ESCAPE = "\x1b";
const KITTY_CHUNK = new RegExp(`${ESCAPE}_G([^;]*);([A-Za-z0-9+/=]*)${ESCAPE}\\\\`, "g");

/** The file in a text of kitty's graphics protocol. */
function pngOfKitty(text: string): Buffer {
  const chunks = [...text.matchAll(KITTY_CHUNK)];
  expect(chunks.map(([, keys]) => keys?.replace(/^a=T,f=100,q=2,/, ""))).toEqual(
    chunks.map((_, index) => (index < chunks.length - 1 ? "m=1" : "m=0")),
  );
  return Buffer.from(chunks.map(([, , base64]) => base64).join(""), "base64");
}

it("tells terminals that show pictures from others", () => {
  const ask = (env: Record<string, string>, isTTY = true) => {
    for (const [name, value] of Object.entries({ ...NO_TERMINAL, ...env })) vi.stubEnv(name, value);
    return pictureProtocol({ isTTY });
  };
  expect(ask({ TERM: "xterm-kitty" })).toBe("kitty");
  expect(ask({ TERM: "mlterm" })).toBe("sixel");
  expect(ask({ TERM: "xterm-256color" })).toBeUndefined();
  expect(ask({ TERM: "xterm-kitty" }, false)).toBeUndefined();
  const around = { KITTY_WINDOW_ID: "1", TERM_PROGRAM: "kitty" };
  for (const TERM of ["tmux-256color", "screen"]) expect(ask({ ...around, TERM })).toBeUndefined();
  for (const name of ["TMUX", "STY"]) {
    expect(ask({ ...around, TERM: "xterm-256color", [name]: "1" })).toBeUndefined();
  }
  vi.unstubAllEnvs();
});

describe("a picture", () => {
  it("of more colors than sixels have becomes sixels of like ones", () => {
    const side = 64;
    const pixels = Array.from({ length: side * side }, (_, at) => [
      (at % side) * 4,
      Math.floor(at / side) * 4,
      0,
    ]);
    const png = encodePng({ width: side, height: side, channels: 3, data: Uint8Array.from(pixels.flat()) });
    const text = terminalPicture(Buffer.from(png), "png", "sixel");
    const { data32 } = decodeSixels(text.slice(text.indexOf("q") + 1));
    expect(data32.length).toBe(pixels.length);
    const errors = pixels.map(([red = 0, green = 0], at) => {
      const pixel = data32[at] ?? 0;
      return Math.abs((pixel & 255) - red) + Math.abs(((pixel >>> 8) & 255) - green);
    });
    expect(errors.reduce((sum, error) => sum + error) / errors.length).toBeLessThan(24);
  });

  it("of any length goes to kitty as the file that it is", () => {
    for (const length of [1, 3071, 3072, 3073, 100_000]) {
      const file = Buffer.alloc(length, "picture");
      expect(pngOfKitty(terminalPicture(file, "png", "kitty")).equals(file)).toBe(true);
    }
  });

  it("that is a PPM is shown as well, and one that is none is refused", () => {
    const ppm = Buffer.from("P6\n2 1\n255\nabcdef");
    const { width, height, data } = decodePng(pngOfKitty(terminalPicture(ppm, "ppm", "kitty")));
    expect([width, height, Buffer.from(data.buffer).toString()]).toEqual([2, 1, "abcdef"]);
    expect(terminalPicture(ppm, "ppm", "sixel").startsWith(`${ESCAPE}P`)).toBe(true);
    for (const protocol of ["kitty", "sixel"] as const) {
      expect(() => terminalPicture(ppm.subarray(0, -1), "ppm", protocol)).toThrow(
        "it has 5 bytes of pixels, not 6",
      );
    }
  });

  it("of 16 bits is refused for sixels", () => {
    const png = encodePng({ width: 1, height: 1, channels: 3, depth: 16, data: Uint16Array.of(1, 2, 300) });
    expect(() => terminalPicture(Buffer.from(png), "png", "sixel")).toThrow("its pixels have 16 bits, not 8");
  });

  const red = [255, 0, 0];
  const blue = [0, 0, 255];
  it.each([
    ["in color", 3, [red, blue], [red, blue]],
    [
      "in color, with alpha",
      4,
      [
        [...red, 255],
        [...blue, 255],
      ],
      [red, blue],
    ],
    [
      "in grey",
      1,
      [[0], [255]],
      [
        [0, 0, 0],
        [255, 255, 255],
      ],
    ],
    [
      "in grey, with alpha",
      2,
      [
        [0, 255],
        [255, 255],
      ],
      [
        [0, 0, 0],
        [255, 255, 255],
      ],
    ],
  ] as const)("%s becomes sixels of its colors", (_, channels, stripes, expected) => {
    const [width, height, half] = [32, 12, 16];
    const pixels = Array.from({ length: width * height }, (_, at) => stripes[at % width < half ? 0 : 1]);
    const png = encodePng({ width, height, channels, data: Uint8Array.from(pixels.flat()) });
    const text = terminalPicture(Buffer.from(png), "png", "sixel");
    expect(text.startsWith(`${ESCAPE}P`) && text.endsWith(`${ESCAPE}\\\n`)).toBe(true);
    const picture = decodeSixels(text.slice(text.indexOf("q") + 1));
    expect(picture).toMatchObject({ width, height });
    const middles = [half / 2, width - half / 2].map((x) => picture.data32[(height / 2) * width + x] ?? 0);
    expect(middles.map((pixel) => [0, 8, 16].map((shift) => (pixel >>> shift) & 255))).toEqual(expected);
  });
});

/** `script` gives a program a terminal. */
const hasScript = spawnSync("script", ["--version"]).status === 0;

describe.skipIf(!hasScript)("qmpd screendump ENDPOINT - in a terminal (needs script, of util-linux)", () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startQmpd({ args: ["--machine", "test", "--display", "VGA:640x480"] });
  });
  afterAll(() => server.stop());

  function inTerminal(term: string, ...options: string[]) {
    const command = [process.execPath, PROGRAM, "screendump", `unix:${server.sockets[0]}`, "-", ...options];
    const { status, stdout } = spawnSync("script", ["-qec", command.join(" "), "-O", "/dev/null"], {
      encoding: "latin1",
      env: { ...process.env, ...NO_TERMINAL, TERM: term },
      input: "",
    });
    return { status, stdout };
  }

  it("shows the picture where the terminal can", () => {
    for (const options of [[], ["--format", "ppm"]]) {
      const { status, stdout } = inTerminal("xterm-kitty", ...options);
      expect(status).toBe(0);
      expect(decodePng(pngOfKitty(stdout))).toMatchObject({ width: 640, height: 480 });
    }
  });

  it("says so where it cannot", () => {
    const { status, stdout } = inTerminal("xterm");
    expect(status).toBe(1);
    expect(stdout).toContain(
      "this terminal is not known to show pictures: name a file, or send it on with >",
    );
  });
});
