/** How many commands a second are answered when 64 clients have one in flight each? */

import { compare, QUERY_STATUS, type Question, withContenders } from "./question.ts";

const CLIENTS = 64;

export const clients: Question = {
  name: "clients",
  asks: "How many commands a second are answered when 64 clients have one in flight each?",
  ask: (settings) =>
    withContenders(settings, { qmpd: ["--machine", "none"], qemu: { monitors: CLIENTS } }, (contenders) =>
      compare(settings, contenders, {
        subject: "query-status, 64 clients",
        load: { clients: CLIENTS, inFlightPerClient: 1, requests: [QUERY_STATUS], measure: "reply" },
        targets: [{ figure: "rate", against: "qemu", limit: { least: 10 } }],
      }),
    ),
};
