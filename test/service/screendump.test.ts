/**
 * Screendump over a real socket, judged by the pixels: the displays carry the number of their frame in
 * every line, so a picture that is old, half drawn or torn shows it (rules D1 to D4).
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readFrameNumber } from "../../src/machine/frame-number.ts";
import { TestClient } from "../support/client.ts";
import { startTestService, type TestService } from "../support/service.ts";

let service: TestService;

beforeAll(async () => {
  service = await startTestService({
    machines: [["VGA:800x600,id=vga", "qxl:1024x768,id=qxl,heads=2"], ["qxl:640x480"]],
    workers: 2,
  });
});

afterAll(() => service.stop());

const connect = (): Promise<TestClient> => TestClient.connect(service.sockets[0] ?? "", ["async"]);

function frameNumber(png: Uint8Array): number {
  const { data, width, height, channels } = decode(png);
  return readFrameNumber({
    bytes: data as Uint8Array,
    bytesPerPixel: channels as 3 | 4,
    width,
    height,
    stride: width * channels,
  });
}

interface PictureReply {
  readonly id: number;
  readonly return: { readonly data: string; readonly width: number; readonly height: number };
}

/** The picture in a reply of screendump-data. */
function pictureOf(reply: unknown): Buffer {
  return Buffer.from((reply as PictureReply).return.data, "base64");
}

describe.each(["vga", "qxl"])("a screendump of %s", (device) => {
  it("D1, D2: shows a later frame than any reply before it did, whole", async () => {
    const client = await connect();
    let last = -1;
    for (let id = 0; id < 20; id++) {
      const reply = await client.execute("screendump-data", { device, format: "png" }, id);
      const number = frameNumber(pictureOf(reply));
      expect(number).toBeGreaterThan(last);
      last = number;
    }
    client.destroy();
  });

  it("D1, D3: with many in flight, is never older than a reply that came before its request", async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, connect));
    let newest = -1;
    await Promise.all(
      clients.map(async (client) => {
        for (let round = 0; round < 5; round++) {
          const floor = newest;
          for (let id = 0; id < 8; id++) {
            const args = { device, format: "png" };
            client.send({ execute: "screendump-data", arguments: args, id: round * 8 + id });
          }
          for (const reply of await client.take(8)) {
            const number = frameNumber(pictureOf(reply));
            expect(number).toBeGreaterThan(floor);
            newest = Math.max(newest, number);
          }
        }
      }),
    );
    for (const client of clients) client.destroy();
  });
});

describe("screendump", () => {
  it("D5: chooses the display by device and head, with its size", async () => {
    const client = await connect();
    const sizes = [];
    for (const [id, args] of [
      {},
      { device: "vga" },
      { device: "qxl" },
      { device: "qxl", head: 1 },
    ].entries()) {
      const { return: picture } = (await client.execute(
        "screendump-data",
        args,
        id,
      )) as unknown as PictureReply;
      sizes.push(`${picture.width}x${picture.height}`);
    }
    expect(sizes).toEqual(["800x600", "800x600", "1024x768", "1024x768"]);
    client.destroy();
  });

  it("D5: writes the same picture as PNG and as PPM", async () => {
    const client = await connect();
    await client.execute("stop");
    const files = { png: join(service.directory, "a.png"), ppm: join(service.directory, "a.ppm") };
    for (const [format, filename] of Object.entries(files)) {
      expect(await client.execute("screendump", { filename, format }, format)).toEqual({
        return: {},
        id: format,
      });
    }
    await client.execute("cont");
    const png = decode(readFileSync(files.png));
    const header = "P6\n800 600\n255\n";
    const ppm = readFileSync(files.ppm);
    expect(ppm.subarray(0, header.length).toString()).toBe(header);
    expect(png.channels).toBe(3);
    expect(Buffer.from(png.data as Uint8Array).equals(ppm.subarray(header.length))).toBe(true);
    client.destroy();
  });

  it("D5: writes a whole PPM over a longer file, over a shorter one, and beside others that share it", async () => {
    const client = await connect();
    await client.execute("stop");
    const names = ["longer", "shorter", "third", "fourth"].map((name) => join(service.directory, name));
    writeFileSync(names[0] ?? "", "x".repeat(2_000_000));
    writeFileSync(names[1] ?? "", "x".repeat(10));
    for (const filename of names.slice(0, 2)) {
      expect(await client.execute("screendump", { filename }, filename)).toEqual({
        return: {},
        id: filename,
      });
    }
    for (const filename of names.slice(2)) {
      client.send({ execute: "screendump", arguments: { filename }, id: filename });
    }
    await client.take(2);
    await client.execute("cont");
    const [first, ...others] = names.map((name) => readFileSync(name));
    expect(first).toHaveLength(15 + 800 * 600 * 3);
    for (const other of others) expect(first?.equals(other)).toBe(true);
    client.destroy();
  });

  it("R1: keeps a file that one makes while another, which fails, takes back its own of the same name", async () => {
    const client = await connect();
    for (let round = 0; round < 20; round++) {
      const filename = join(service.directory, `contested${round}`);
      client.send({ execute: "screendump", arguments: { filename, device: "nosuch" }, id: "bad" });
      client.send({ execute: "screendump", arguments: { filename }, id: "good" });
      const replies = await client.take(2);
      expect(replies.map(({ id }) => id)).toEqual(["bad", "good"]);
      expect(replies[1]).toEqual({ return: {}, id: "good" });
      expect(readFileSync(filename)).toHaveLength(15 + 800 * 600 * 3);
    }
    client.destroy();
  });

  it("D4: answers any other command meanwhile", async () => {
    const client = await connect();
    for (let id = 0; id < 30; id++) {
      client.send({ execute: "screendump-data", arguments: { format: "png", device: "qxl" }, id });
      client.send({ execute: "query-status", id: `status ${id}` });
    }
    const order = (await client.take(60)).map(({ id }) => id);
    const lastStatus = order.lastIndexOf("status 29");
    const pictures = order.slice(0, lastStatus).filter((id) => typeof id === "number");
    expect(pictures.length).toBeLessThan(10);
    client.destroy();
  });
});

describe("several machines in one service", () => {
  it("N0: have their own consoles, run states and events", async () => {
    const [first, second] = await Promise.all(service.sockets.map((path) => TestClient.connect(path, [])));
    await second?.execute("stop");
    expect(await second?.execute("query-status")).toMatchObject({ return: { status: "paused" } });
    expect(await first?.execute("query-status")).toMatchObject({ return: { status: "running" } });
    expect(await first?.execute("query-name")).toEqual({ return: { name: "vm0" } });
    expect(await second?.execute("query-name")).toEqual({ return: { name: "vm1" } });
    expect(first?.texts.some((text) => text.includes('"event"'))).toBe(false);
    expect(await second?.execute("screendump-data", { device: "vga" })).toMatchObject({
      error: { class: "DeviceNotFound" },
    });
    await second?.execute("cont");
    first?.destroy();
    second?.destroy();
  });

  it("N0: end one by one with quit; the others go on", async () => {
    const own = await startTestService({ machines: [["VGA:640x480"], ["VGA:640x480"]] });
    const [first, second] = await Promise.all(own.sockets.map((path) => TestClient.connect(path, [])));
    await first?.execute("quit");
    await first?.until(() => false);
    expect(first?.closed).toBe(true);
    expect(await second?.execute("query-status")).toMatchObject({ return: { running: true } });
    await second?.execute("quit");
    await own.service.ended;
    await own.stop();
  });
});
