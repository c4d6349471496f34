/** How many commands a second does one client get answered that keeps 64 in flight? */

import { compare, QUERY_STATUS, type Question, withContenders } from "./question.ts";

export const pipelined: Question = {
  name: "pipelined",
  asks: "How many commands a second does one client get answered that keeps 64 in flight?",
  ask: (settings) =>
    withContenders(settings, { qmpd: ["--machine", "none"], qemu: {} }, (contenders) =>
      compare(settings, contenders, {
        subject: "query-status, 1 client, 64 in flight",
        load: { clients: 1, inFlightPerClient: 64, requests: [QUERY_STATUS], measure: "reply" },
        targets: [{ figure: "rate", against: "qemu", limit: { least: 70 } }],
      }),
    ),
};
