/**
 * How long after the command that causes an event does the last of N clients have it?
 *
 * `stop` and `cont` in turn: each causes one event at every client, on both servers.
 */

import { type Answer, compare, join, type Question, withContenders } from "./question.ts";

const COUNTS = [1, 64, 1_000];
const LAST_OF_MANY_MS_MAX = 10;
/** QEMU polls a socket for each monitor; beyond this it would only be slower still. */
const QEMU_COUNT_MAX = 64;

export const fanOut: Question = {
  name: "fan-out",
  asks: "How long after the command that causes an event does the last of N clients have it?",
  async ask(settings) {
    const answers: Answer[] = [];
    for (const count of COUNTS) {
      const againstQemu = settings.againstQemu && count <= QEMU_COUNT_MAX;
      const options = { qmpd: ["--machine", "none"], qemu: { monitors: count } };
      const answer = await withContenders({ ...settings, againstQemu }, options, (contenders) =>
        compare(settings, contenders, {
          subject: `STOP or RESUME to ${count} ${count === 1 ? "client" : "clients"}`,
          load: {
            clients: count,
            inFlightPerClient: 1,
            requests: ['{"execute": "stop"}\n', '{"execute": "cont"}\n'],
            measure: "last-event",
          },
          ...(count === Math.max(...COUNTS)
            ? { targets: [{ figure: "p50", limit: { most: LAST_OF_MANY_MS_MAX } }] }
            : {}),
        }),
      );
      answers.push(answer);
    }
    return join(answers);
  },
};
