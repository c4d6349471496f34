import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  DemoGuest,
  GUEST_LINE,
  GUEST_MODES,
  GUEST_PAGE,
  GUEST_SCANCODES,
  GUEST_WORDS,
  ROM_FOLDER,
} from "../support/demo-guest.ts";
import { nasmMissing } from "../support/nasm.ts";
import { qemuMissing } from "../support/qemu.ts";

const FIRST_TEXT_MS_MAX = 500;
const SECTOR_BYTES = 512;
const ENTER = [0x1c, 0x9c];

async function booted(...options: Parameters<typeof DemoGuest.create>): Promise<DemoGuest> {
  const guest = await DemoGuest.create(...options);
  await guest.boot();
  return guest;
}

describe("the demo guest's image", () => {
  const missing = nasmMissing();
  const title = "is byte for byte what nasm makes of its source";
  it.skipIf(missing !== undefined)(missing === undefined ? title : `${title} (skipped: ${missing})`, () => {
    const folder = mkdtempSync(join(tmpdir(), "qmpd-rom-"));
    try {
      const output = join(folder, "demo.bin");
      const build = spawnSync(fileURLToPath(new URL("build.sh", ROM_FOLDER)), [output], { encoding: "utf8" });
      expect(build.stderr).toBe("");
      const made = readFileSync(output);
      const committed = readFileSync(new URL("demo.bin", ROM_FOLDER));
      expect(made.length).toBe(65_536);
      expect(made.equals(committed), "run `npm run rom`").toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the demo guest's console", () => {
  it("shows its first text within half a second", async () => {
    await using guest = await DemoGuest.create();
    const startMs = performance.now();
    guest.run();
    await guest.until(() => guest.text().includes("\n>"), "prompt");
    expect(performance.now() - startMs).toBeLessThan(FIRST_TEXT_MS_MAX);
    expect(guest.text()).toContain("qmpd demo guest");
    expect(guest.text()).toMatch(/ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n/);
    expect(guest.text()).toContain("Type help and press Enter.");
  });

  it("shows what is typed on the screen, sends it to COM1, and notes each scan code", async () => {
    await using guest = await booted();
    const codes = [
      ...[0x2a, 0x10, 0x90, 0xaa], // Q, with shift
      ...[0x32, 0xb2, 0x0e, 0x8e], // m, and back
      ...[0x3a, 0xba, 0x32, 0xb2, 0x19, 0x99, 0x3a, 0xba], // mp, with Caps Lock
      ...[0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5], // Pause types nothing
      ...[0x36, 0x02, 0x82, 0xb6], // !
      ...[0xe0, 0x35, 0xe0, 0xb5], // the / of the keypad
      ...[0xe0, 0x48, 0xe0, 0xc8], // an arrow types nothing
    ];
    guest.keys(...codes);
    await guest.until(() => guest.text().includes("\n> QMP!/"), "typed word");
    expect(guest.serial.endsWith("> Qm\b \bMP!/")).toBe(true);
    guest.keys(...ENTER);
    await guest.until(() => guest.word("lines") === 1, "line");
    const expected = [...codes, ...ENTER];
    await guest.until(() => guest.word("scancodes") === expected.length, "last key");
    expect([...guest.memory(GUEST_PAGE + GUEST_SCANCODES, expected.length)]).toEqual(expected);
    expect(Buffer.from(guest.memory(GUEST_PAGE + GUEST_LINE, 6)).toString()).toBe("QMP!/\0");
    expect(guest.serial).toContain('I do not know "QMP!/".');
  });

  it("types what COM1 receives, however much comes at once", async () => {
    await using guest = await booted();
    const lines = Array.from({ length: 200 }, (_line, number) => `nothing ${number}`);
    guest.send(lines.map((line) => `${line}\r\n`).join(""));
    await guest.until(() => guest.word("lines") === lines.length, "last line");
    await guest.until(() => guest.text().endsWith("\n>"), "prompt");
    for (const line of lines) expect(guest.serial).toContain(`I do not know "${line}".`);
    expect(guest.text()).toContain("> nothing 199");
  });

  it("has a glyph of its own for each character", async () => {
    await using guest = await booted();
    const glyphs = Array.from({ length: 0x7e - 0x20 }, (_glyph, index) => guest.glyph(0x21 + index));
    expect(new Set([...glyphs, guest.glyph(0x20)]).size).toBe(0x7f - 0x20);
  });

  it("sleeps while nothing happens, and its clock goes on", async () => {
    await using guest = await booted();
    const time = (): string => guest.text().slice(0, 80);
    const [start, ticks, instructions] = [time(), guest.word("ticks"), guest.instructions];
    await guest.until(() => time() !== start, "later time");
    const passed = guest.word("ticks") - ticks + 1;
    expect((guest.instructions - instructions) / passed).toBeLessThan(10_000);
  });

  it("tells what it can do, as the documentation does", async () => {
    await using guest = await booted();
    const help = await guest.command("help");
    expect(help.split("\n").length).toBeGreaterThan(15);
    const documentation = readFileSync(new URL("../../docs/guest.md", import.meta.url), "utf8");
    expect(documentation).toContain(`> help\n${help}`);
    for (const offset of Object.values(GUEST_WORDS))
      expect(documentation).toContain(`| \`${(GUEST_PAGE + offset).toString(16).padStart(8, "0")}\` |`);
  });
});

describe("the demo guest's memory", () => {
  it("has its page at two addresses, the counting page behind it, and nothing behind that", async () => {
    await using guest = await booted();
    const translate = (address: number): number | undefined => {
      const directory = guest.wordAt(guest.pageDirectory + 4 * (address >>> 22));
      if ((directory & 1) === 0) return undefined;
      if ((directory & 0x80) !== 0) return ((directory & 0xffc0_0000) | (address & 0x3f_ffff)) >>> 0;
      const table = guest.wordAt((directory & ~0xfff) + 4 * ((address >>> 12) & 0x3ff));
      return (table & 1) === 0 ? undefined : ((table & ~0xfff) | (address & 0xfff)) >>> 0;
    };
    expect(translate(0x1_0000)).toBe(0x1_0000);
    expect(translate(0xc000_0020)).toBe(0x1_0020);
    expect(translate(0xc000_1ff0)).toBe(0x1_3ff0);
    expect(translate(0xc000_2000)).toBeUndefined();
    expect(translate(0xd000_0000)).toBeUndefined();
    expect(translate(0x00ff_ffff)).toBe(0x00ff_ffff);
    expect(translate(0x0100_0000)).toBeUndefined();
    expect(translate(0xe000_0010)).toBe(0xe000_0010);
    expect(Buffer.from(guest.memory(GUEST_PAGE, 28)).toString()).toBe("qmpd demo guest: here I am!\0");
    expect(guest.memory(0x1_3000, 4096).every((byte, index) => byte === (index & 0xff))).toBe(true);
    expect(guest.word("memory")).toBe(16 * 1024 * 1024);
    expect(guest.word("framebuffer")).toBe(0xe000_0000);
  });
});

/** The number that a strip of 32 cells shows. */
function stripNumber(at: (x: number, y: number) => number, y: number): number {
  return Array.from({ length: 32 }, (_cell, cell) =>
    at(32 * cell + 16, y) === 0xff_ffff ? 1 : 0,
  ).reduce<number>((number, bit) => number * 2 + bit, 0);
}

/** Colour `index` of the rainbow, as docs/guest.md tells. */
function rainbow(index: number): number {
  const wave = (step: number): number => {
    const phase = step & 1023;
    return (phase < 512 ? phase : 1023 - phase) >> 1;
  };
  return (wave(index) << 16) | (wave(index + 341) << 8) | wave(index + 682);
}

describe("the demo guest's graphics", () => {
  it("shows numbered frames, one after the other", async () => {
    await using guest = await booted();
    await guest.command("graphics");
    expect(guest.word("mode")).toBe(GUEST_MODES.graphics);
    let last = 0;
    for (let count = 0; count < 5; count++) {
      await guest.until(() => guest.word("frames") > last, "next frame");
      const { width, height, at } = guest.pixels();
      expect([width, height]).toEqual([1024, 768]);
      const numbers = [0, 7, 760, 767].map((y) => stripNumber(at, y));
      expect(new Set(numbers).size).toBe(1);
      expect(numbers[0]).toBeGreaterThan(last);
      // The word follows the picture by an instruction or two.
      last = guest.word("frames");
      expect([last, last + 1]).toContain(numbers[0]);
    }
    guest.keys(0x01, 0x81);
    await guest.until(() => !guest.isGraphical, "text mode");
    expect(guest.text()).toContain("\n> graphics\n>");
  });

  it("moves its arrow with the mouse and with the absolute pointer", async () => {
    await using guest = await booted();
    await guest.command("graphics");
    const place = (): number[] => [guest.word("pointerX"), guest.word("pointerY"), guest.word("buttons")];
    const atPlace = (x: number, y: number, buttons: number) =>
      guest.until(() => place().join() === [x, y, buttons].join(), `pointer at ${x}, ${y}`);
    await atPlace(512, 384, 0);
    guest.pointer("mouse-delta", [100, -50]);
    await atPlace(612, 434, 0);
    guest.pointer("mouse-absolute", [0x2000, 0x6000, 0x7fff, 0x7fff]);
    await atPlace(256, 576, 0);
    guest.pointer("mouse-delta", [-6, 76]);
    guest.pointer("mouse-click", [true, false, true]);
    await atPlace(250, 500, 3);
    guest.pointer("mouse-click", [false, true, false]);
    await atPlace(250, 500, 4);
    guest.pointer("mouse-wheel", [-1, 0]);
    await guest.until(() => guest.word("wheel") === 1, "wheel");
    const before = guest.word("frames");
    guest.pointer("mouse-click", [false, false, false]);
    await guest.until(() => guest.word("frames") > before + 2, "frames");
    expect(guest.pixels().at(252, 506)).toBe(0xff_ffff);
  });

  it("paints whole frames only", async () => {
    await using guest = await booted();
    guest.send("paint\r");
    for (let count = 1; count <= 10; count++) {
      await guest.until(() => guest.word("frames") > 50 * count, "frame");
      const { at } = guest.pixels();
      const frame = stripNumber(at, 3);
      expect(stripNumber(at, 764)).toBe(frame);
      for (let y = 8; y < 760; y += 47)
        for (let x = 0; x < 1024; x += 31) expect(at(x, y)).toBe(rainbow(x + y + 4 * frame));
    }
    guest.send(" ");
    await guest.until(() => guest.word("mode") === GUEST_MODES.text, "text mode");
  });

  it("changes modes until a key", async () => {
    await using guest = await booted();
    guest.send("modes\r");
    const sizes = new Set<string>();
    await guest.until(() => {
      const { width, height } = guest.pixels();
      sizes.add(guest.isGraphical ? `${width}x${height}` : "text");
      return sizes.size === 5;
    }, "fifth mode");
    guest.keys(0x39, 0xb9);
    await guest.until(() => guest.serial.endsWith(" changes of mode\r\n> "), "end");
    expect([...sizes].sort()).toEqual(["1024x768", "1280x1024", "640x480", "800x600", "text"]);
    expect(guest.isGraphical).toBe(false);
    expect(guest.text()).toContain(`\n${guest.word("modeChanges")} changes of mode\n`);
  });
});

describe("the demo guest's load", () => {
  it("floods COM1 with counted lines", async () => {
    await using guest = await booted();
    const output = await guest.command("flood 500");
    const lines = output.split("\n").slice(0, 500);
    lines.forEach((line, number) => {
      expect(line.length).toBe(62);
      expect(line).toContain(`flood ${number.toString(16).padStart(8, "0")} abc`);
    });
    expect(guest.text()).toContain("\n500 lines went out\n");
  });

  it("waits while nobody takes what COM1 sends, and leaves nothing out", async () => {
    await using guest = await booted();
    guest.send("flood 100\r");
    await guest.until(() => guest.serial.includes("flood 00000003"), "fourth line");
    guest.isSerialHeld = true;
    const [sent, ticks] = [guest.serial, guest.word("ticks")];
    await guest.until(() => guest.word("ticks") > ticks + 3, "later tick");
    expect(guest.serial).toBe(sent);
    guest.isSerialHeld = false;
    await guest.until(() => guest.serial.endsWith("\r\n> "), "prompt");
    const numbers = Array.from(guest.serial.matchAll(/flood ([0-9a-f]{8}) /g), ([, number]) =>
      Number(`0x${number}`),
    );
    expect(numbers).toEqual(Array.from({ length: 100 }, (_line, number) => number));
  });

  it("is busy until a key, or for ever", async () => {
    await using guest = await booted();
    guest.send("busy\r");
    await guest.until(() => guest.word("busy") > 100_000, "work");
    guest.keys(...ENTER);
    await guest.until(() => guest.serial.endsWith("Busy. A key ends it.\r\n> "), "prompt");
    const rounds = guest.word("busy");
    guest.send("deaf\r");
    await guest.until(() => guest.word("busy") > rounds, "more work");
    const ticks = guest.word("ticks");
    const more = guest.word("busy") + 10_000_000;
    await guest.until(() => guest.word("busy") > more, "much more work");
    expect(guest.word("ticks")).toBe(ticks);
  });
});

describe("the demo guest's end", () => {
  it.each([
    ["off", "off"],
    ["reset", "reset"],
    ["fault", "fault"],
    ["halt", "stands still"],
  ] as const)("by `%s` is: %s", async (command, deed) => {
    await using guest = await booted();
    guest.send(`${command}\r`);
    await guest.until(() => guest.deeds.length > 0, "deed");
    expect(guest.deeds).toEqual([deed]);
  });

  it("by Ctrl-Alt-Del is a reset", async () => {
    await using guest = await booted();
    guest.keys(0x1d, 0x38, 0xe0, 0x53);
    await guest.until(() => guest.deeds.length > 0, "deed");
    expect(guest.deeds).toEqual(["reset"]);
  });

  it("by the power button is off, also out of graphics", async () => {
    await using guest = await booted({ hasPowerStatus: true });
    await guest.command("graphics");
    guest.interruptByPower();
    await guest.until(() => guest.word("frames") > 3, "frames");
    expect(guest.word("power")).toBe(0);
    guest.pressPowerButton();
    await guest.until(() => guest.deeds.length > 0, "deed");
    expect(guest.deeds).toEqual(["off"]);
    expect(guest.powerStatus).toBe(0);
    expect(guest.word("power")).toBe(1);
    expect(guest.isGraphical).toBe(false);
    expect(guest.text()).toContain("\npower button pressed\n");
    expect(guest.serial).toContain("\r\npower button pressed\r\n");
  });

  it("by the power button is off though nobody takes what COM1 sends", async () => {
    await using guest = await booted({ hasPowerStatus: true });
    guest.isSerialHeld = true;
    guest.send("help\r");
    const ticks = guest.word("ticks");
    await guest.until(() => guest.word("ticks") > ticks + 3, "later tick");
    guest.pressPowerButton();
    await guest.until(() => guest.deeds.length > 0, "deed");
    expect(guest.deeds).toEqual(["off"]);
    expect(guest.text()).toContain("\npower button pressed\n");
  });

  it("by the power button is off where the interrupt is all that tells of it", async () => {
    await using guest = await booted();
    guest.interruptByPower();
    await guest.until(() => guest.deeds.length > 0, "deed");
    expect(guest.deeds).toEqual(["off"]);
  });
});

describe("the demo guest's disk", () => {
  it("keeps what was written to a sector over a reset", async () => {
    const disk = new ArrayBuffer(100 * SECTOR_BYTES);
    new Uint8Array(disk).fill(0x2e);
    {
      await using guest = await booted({ disk });
      expect(await guest.command("write 0x2a Remember me!")).toBe("written\n");
      guest.send("reset\r");
      await guest.until(() => guest.deeds.length > 0, "reset");
    }
    await using guest = await booted({ disk });
    expect((await guest.command("read 42")).split("\n")[0]).toBe(
      "0000  52 65 6d 65 6d 62 65 72 20 6d 65 21 00 00 00 00  Remember me!....",
    );
    expect(await guest.command("read 43")).toContain("................\n");
    expect(await guest.command("read 99")).toContain("0030  2e");
    expect(await guest.command("read 100")).toBe("the disk has no such sector\n");
    expect(await guest.command("about")).toContain("\nDisk         100 sectors\n");
  });

  it("refuses what is no sector, and says so where there is no disk", async () => {
    await using guest = await booted();
    for (const line of ["read", "read x", "read 10x", "read 0x10000000", "write -1 a"])
      expect(await guest.command(line)).toMatch(/^I need a number/);
    expect(await guest.command("read 0")).toBe("there is no disk\n");
    expect(await guest.command("write 0 a")).toBe("there is no disk\n");
  });
});

describe("the demo guest on QEMU", () => {
  const missing = qemuMissing();
  const title = "boots and answers too: it needs nothing that v86 alone has";
  it.skipIf(missing !== undefined)(
    missing === undefined ? title : `${title} (skipped: ${missing})`,
    async () => {
      const child = spawn(
        "qemu-system-x86_64",
        [
          ...["-bios", fileURLToPath(new URL("demo.bin", ROM_FOLDER)), "-m", "16", "-net", "none"],
          ...["-display", "none", "-monitor", "none", "-serial", "stdio"],
        ],
        { stdio: ["pipe", "pipe", "inherit"] },
      );
      try {
        let output = "";
        for await (const chunk of child.stdout) {
          const had = output.length;
          output += String(chunk);
          if (had === 0) child.stdin.write("about\r");
          if (output.endsWith("> ") && output.includes("there is no disk")) break;
        }
        expect(output).toContain("Memory       16 MiB\r\nFramebuffer  0xe0000000\r\n");
      } finally {
        child.kill("SIGKILL");
      }
    },
  );
});
