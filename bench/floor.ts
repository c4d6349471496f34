/**
 * How much processor time does a command take, compared with an echo that does nothing else?
 *
 * The echoes read the same requests and write the same replies, byte for byte those of our server: one in C over epoll,
 * one in Node.js over bare `net`.  All of them serve the same 256 clients, in turn.
 */

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { createInterface } from "node:readline";
import { type ServerProcess, startServerProcess } from "../test/support/qemu.ts";
import { startQmpd } from "../test/support/qmpd.ts";
import { compile } from "./compile.ts";
import { compare, QUERY_STATUS, type Question } from "./question.ts";

const CLIENTS = 256;
const TO_C_MAX = 5;
const TO_NODE_MAX = 2.5;
const C_SOURCE = "bench/epoll-echo.c";
const NODE_ECHO = "dist/bench/node-echo.js";

export const floor: Question = {
  name: "floor",
  asks: "How much processor time does a command take, compared with an echo that does nothing else?",
  async ask(settings) {
    const directory = mkdtempSync(joinPath(tmpdir(), "qmpd-floor-"));
    const servers: ServerProcess[] = [];
    const started = async (server: Promise<ServerProcess>): Promise<ServerProcess> => {
      servers.push(await server);
      return server;
    };
    try {
      const qmpd = await started(startQmpd({ args: ["--machine", "none"] }));
      const words = await wordsOf(qmpd.sockets[0] ?? "");
      const echo = (command: string, args: readonly string[], name: string): Promise<ServerProcess> => {
        const socket = joinPath(directory, `${name}.sock`);
        return started(startServerProcess(command, [...args, socket, ...words], [socket], () => {}));
      };
      const contenders = {
        qmpd,
        "C echo": await echo(compile(C_SOURCE), [], "c"),
        "Node echo": await echo(process.execPath, [NODE_ECHO], "node"),
      };
      return await compare(settings, contenders, {
        subject: `query-status, ${CLIENTS} clients`,
        load: {
          clients: CLIENTS,
          inFlightPerClient: 1,
          requests: [QUERY_STATUS],
          measure: "reply",
          // The C echo takes as long for a reply as one of them for a request.
          generators: 2,
        },
        targets: [
          { figure: "CPU a command", against: "C echo", limit: { most: TO_C_MAX } },
          { figure: "CPU a command", against: "Node echo", limit: { most: TO_NODE_MAX } },
        ],
      });
    } finally {
      for (const server of servers) await server.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** The greeting of our server, and its reply to `query-status`. */
async function wordsOf(path: string): Promise<[greeting: string, reply: string]> {
  const socket = createConnection({ path });
  await once(socket, "connect");
  socket.write(`{"execute": "qmp_capabilities"}\n${QUERY_STATUS}`);
  const lines: string[] = [];
  for await (const line of createInterface({ input: socket })) {
    if (lines.push(`${line}\r\n`) === 3) break;
  }
  socket.destroy();
  return [lines[0] ?? "", lines[2] ?? ""];
}
