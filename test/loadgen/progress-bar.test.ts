import { spawnSync } from "node:child_process";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { startProgressBar } from "../../src/loadgen/progress-bar.ts";

/** What a terminal so wide is given for `text`, half of the way, without the commands among it. */
async function shown(columns: number, text: string): Promise<string> {
  const stream = Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY: true, columns });
  const bar = await startProgressBar(stream as unknown as NodeJS.WriteStream, "");
  stream.read();
  // The bar is drawn again a tenth of a second after it was drawn last.
  await new Promise<void>((resolve) => {
    stream.once("readable", resolve);
    bar.show(0.5, text);
  });
  const output = String(stream.read());
  bar.end();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  return output.replaceAll(/\x1b\[[\d?]*[A-Za-z]/g, "");
}

it("makes the bar as short as the text beside it asks for", async () => {
  const figures = "1 s  12,155/s  p50 23 us  p99 1.78 ms  p99.9 6.21 ms  0 errors  1 in flight";
  expect(figures.length).toBe(75);
  expect(await shown(120, figures)).toBe(`${"█".repeat(10)}${"░".repeat(10)} ${figures}`);
  expect(await shown(82, figures)).toBe(`███░░ ${figures}`);
  expect(await shown(20, figures)).toBe(`██░░ ${figures}`);
});

it("gives the terminal its cursor back, however the program ends", () => {
  const script = `
    import { startProgressBar } from ${JSON.stringify(new URL("../../dist/src/loadgen/progress-bar.js", import.meta.url))};
    process.stderr.isTTY = true;
    await startProgressBar(process.stderr, "");
    process.exit(130);`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
  });
  expect(status).toBe(130);
  expect(stderr).toContain("\x1b[?25l");
  expect(stderr.lastIndexOf("\x1b[?25h")).toBeGreaterThan(stderr.lastIndexOf("\x1b[?25l"));
});
