/** How many clients a second can come, be greeted, negotiate, have one reply, and leave, 64 at once? */

import { compare, QUERY_STATUS, type Question, withContenders } from "./question.ts";

const CLIENTS = 64;

export const connect: Question = {
  name: "connect",
  asks: "How many clients a second can come, be greeted, negotiate, have one reply, and leave, 64 at once?",
  ask: (settings) =>
    withContenders(settings, { qmpd: ["--machine", "none"], qemu: { monitors: CLIENTS } }, (contenders) =>
      compare(settings, contenders, {
        subject: "connect to first reply, 64 at once",
        load: { clients: CLIENTS, inFlightPerClient: 1, requests: [QUERY_STATUS], measure: "cycle" },
        targets: [{ figure: "rate", against: "qemu", limit: { least: 4 } }],
      }),
    ),
};
