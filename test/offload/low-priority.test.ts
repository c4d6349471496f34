import { execFileSync } from "node:child_process";
import { getPriority } from "node:os";
import { describe, expect, it } from "vitest";

const BUILT = new URL("../../dist/src/offload/low-priority.js", import.meta.url);

/** The nice value, before and after, of a process that is started with `nice` more than this one has. */
function lowerIn(nice: number): { readonly before: number; readonly after: number } {
  const source = `
    import { getPriority } from "node:os";
    import { lowerPriority } from ${JSON.stringify(BUILT.href)};
    const before = getPriority();
    lowerPriority();
    console.log(JSON.stringify({ before, after: getPriority() }));`;
  const command = ["-n", String(nice), process.execPath, "--input-type=module", "--eval", source];
  return JSON.parse(execFileSync("nice", command, { encoding: "utf8" }));
}

describe("the priority of worker threads", () => {
  it.skipIf(getPriority() >= 10)("is lower than that of a service as usual", () => {
    expect(lowerIn(0).after).toBe(10);
  });

  it("stays what it is where the service has a lower one", () => {
    const { before, after } = lowerIn(15);
    expect(before).toBeGreaterThanOrEqual(15);
    expect(after).toBe(before);
  });
});
