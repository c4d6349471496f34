import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["dist/**", "node_modules/**"],
    pool: "forks",
    // One file after the other: what is measured in time has the machine to itself.
    fileParallelism: false,
    testTimeout: 20_000,
  },
});
