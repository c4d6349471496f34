/**
 * Entry of a load thread: receives its task, and then what to do with it; answers with samples.
 */

import { parentPort } from "node:worker_threads";
import type { FromThread, ToThread } from "../src/loadgen/contract.ts";
import { LoadError } from "../src/loadgen/load-error.ts";
import { LoadThread } from "../src/loadgen/load-thread.ts";

const say = (message: FromThread): void => parentPort?.postMessage(message);
let thread: LoadThread | undefined;

parentPort?.on("message", (message: ToThread) => {
  if (message.kind !== "task") return thread?.receive(message);
  thread = new LoadThread(message.task, say);
  thread.connect().catch((error: unknown) => {
    if (error instanceof LoadError) say({ kind: "failed", message: error.message });
    else throw error;
  });
});
