/** How long does one client with one command in flight wait for its reply? */

import { compare, QUERY_STATUS, type Question, withContenders } from "./question.ts";

export const roundTrip: Question = {
  name: "round-trip",
  asks: "How long does one client with one command in flight wait for its reply?",
  ask: (settings) =>
    withContenders(settings, { qmpd: ["--machine", "none"], qemu: {} }, (contenders) =>
      compare(settings, contenders, {
        subject: "query-status, 1 client",
        load: { clients: 1, inFlightPerClient: 1, requests: [QUERY_STATUS], measure: "reply" },
        targets: [{ figure: "p50", against: "qemu", limit: { most: 0.45 } }],
      }),
    ),
};
