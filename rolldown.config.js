/**
 * Makes one file, or few, of the many that each way into the program needs: Node.js takes longer to find a hundred
 * modules than to run them.
 *
 * The ways in stay where the compiler has put them, and share the chunks, so that a class is the same for the
 * server and for a plugin.  Chunks lie as deep as modules do, whose URLs of other files are relative.
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";

const ENTRIES = [
  "src/cli/qmpd",
  "src/client/index",
  "src/plugin/index",
  "src/qapi/runtime/index",
  "src/server/index",
  "workers/load",
  "workers/machine",
  "workers/pc",
  "workers/pool",
];

/** What a start needs of others'.  All else is loaded as it was installed, and later. */
const BUNDLED = ["comlink", "commander", "rxjs"];

/** What a server loads before it greets, and its threads do not: one file in place of a dozen. */
const START = [
  "chardev/endpoint",
  "chardev/errors",
  "chardev/http-guard",
  "chardev/listen",
  "chardev/socket",
  "offload/worker-gone",
  "qmp/capabilities",
  "qmp/greeting",
  "server/config",
  "server/config-error",
  "server/endpoints",
  "server/pc-config",
  "server/service",
  "server/threads",
  "server/version",
];

export default defineConfig({
  input: Object.fromEntries(ENTRIES.map((name) => [name, `${name}.ts`])),
  platform: "node",
  // An entry may export more than its module does, to chunks.
  preserveEntrySignatures: "allow-extension",
  // The modules of rxjs, so that those are left out that nobody needs: for Node.js it has CommonJS, which comes whole.
  resolve: {
    alias: {
      rxjs: fileURLToPath(import.meta.resolve("rxjs/package.json")).replace("package.json", "dist/esm"),
    },
  },
  external: (id) => !/^[./]/.test(id) && !BUNDLED.includes(id.split("/")[0]),
  output: {
    dir: "dist",
    entryFileNames: "[name].js",
    chunkFileNames: "src/chunks/[name].js",
    codeSplitting: {
      groups: [
        // Its URLs would be others in a thread's entry, which lies less deep.
        { name: "pc-files", test: /\/offload\/pc-files/ },
        { name: "start", test: (id) => START.some((name) => id.endsWith(`/src/${name}.ts`)) },
      ],
      includeDependenciesRecursively: false,
    },
  },
  plugins: [
    {
      name: "licenses",
      generateBundle() {
        const texts = BUNDLED.map((name) => {
          const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
          const file = name === "rxjs" ? "LICENSE.txt" : "LICENSE";
          return `${name} ${version}, ${license}\n\n${readFileSync(`node_modules/${name}/${file}`, "utf8")}`;
        });
        this.emitFile({ type: "asset", fileName: "src/chunks/LICENSES.txt", source: texts.join("\n\n") });
      },
    },
  ],
});
