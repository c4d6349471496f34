/**
 * A service inside the test's own process, from the built tree, for tests that have to reach its threads.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as Server from "../../src/server/index.ts";
import type { ThreadEntries } from "../../src/server/threads.ts";

const BUILT = new URL("../../dist/src/server/", import.meta.url);

export interface TestService {
  readonly service: Server.Service;
  /** A socket for each machine. */
  readonly sockets: readonly string[];
  readonly directory: string;
  /** What was logged, a line each. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

export interface TestServiceOptions {
  /** A machine for each, with these displays. */
  readonly machines?: readonly (readonly string[])[];
  readonly workers?: number;
  readonly threads?: Partial<ThreadEntries>;
  /** Those of each machine. */
  readonly plugins?: (machine: number) => Server.MachineOptions["plugins"];
  /** Every machine waits to be built. */
  readonly preconfig?: boolean;
}

export async function startTestService(options: TestServiceOptions = {}): Promise<TestService> {
  const {
    machines = [["VGA:640x480"]],
    workers = 1,
    threads = {},
    plugins = () => [],
    preconfig = false,
  } = options;
  const server = (await import(new URL("index.js", BUILT).href)) as typeof Server;
  const { THREAD_ENTRIES } = await import(new URL("threads.js", BUILT).href);
  const directory = mkdtempSync(join(tmpdir(), "qmpd-service-"));
  const sockets = machines.map((_, index) => join(directory, `${index}.sock`));
  const log: string[] = [];
  const note = (fields: object, message: string): void =>
    void log.push(`${message} ${JSON.stringify(fields, errorsInFull)}`);
  const service = await server.startService(
    {
      machines: machines.map((displays, index) => ({
        machine: { type: "test", displays: displays.map(server.parseDisplay) },
        qmp: [server.parseEndpoint(`unix:${sockets[index]}`)],
        name: `vm${index}`,
        qtest: true,
        plugins: plugins(index) ?? [],
        preconfig,
      })),
      workers,
    },
    { debug: () => {}, info: note, warn: note, error: note },
    { threads: { ...THREAD_ENTRIES, ...threads } },
  );
  return {
    service,
    sockets,
    directory,
    log,
    async stop() {
      await service.stop("host-signal");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** An error's message and causes, which JSON leaves out. */
function errorsInFull(_: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { message, cause, ...members } = value;
  return { message, cause, ...members };
}
