/** The soak, as people run it, for as short as it says anything. */

import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

const SOAK_MS_MAX = 90_000;

describe("npm run soak", () => {
  it(
    "finds nothing kept in 20 seconds, and says what was sampled",
    () => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ["dist/bench/soak.js", "--minutes", "0.33"],
        { encoding: "utf8", timeout: SOAK_MS_MAX },
      );
      expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
      const lines = stdout.trimEnd().split("\n");
      expect(lines[0]).toMatch(/^second +replies +RSS MiB +heap MiB +external MiB +files +handles +threads$/);
      const samples = lines.slice(1, 7).map((line) => line.trim().split(/\s+/));
      for (const [, replies = ""] of samples)
        expect(Number(replies.replaceAll(",", ""))).toBeGreaterThan(100);
      expect(lines.slice(7).map((line) => line.split(":")[0])).toEqual(
        ["rssMib", "heapMib", "externalMib", "files", "handles", "threads"].map((name) => `steady  ${name}`),
      );
    },
    SOAK_MS_MAX,
  );
});
