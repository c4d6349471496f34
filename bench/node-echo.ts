/**
 * The floor in Node.js: greets each client, and answers each line with the same bytes.
 *
 *     node node-echo.js SOCKET GREETING REPLY
 *
 * A bare `net` server, as anybody would write it first: what the platform costs before there is a protocol.
 */

import { createServer } from "node:net";

const NEWLINE = 10;
const [path = "", greeting = "", reply = ""] = process.argv.slice(2);

createServer((socket) => {
  socket.on("data", (bytes) => {
    let lines = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, end + 1)) lines++;
    socket.write(lines === 1 ? reply : reply.repeat(lines), "latin1");
  });
  socket.on("error", () => socket.destroy());
  socket.write(greeting, "latin1");
}).listen(path);
