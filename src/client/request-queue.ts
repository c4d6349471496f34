/**
 * The calls of one client whose requests are not written, in order.
 *
 *     idle ---a call is added---> scheduled ---the turn is over: written---> idle
 *                                               '---the channel is full---> waiting for room ---drained---> idle
 *
 * What is asked for in one turn of the event loop leaves in one write.
 */

import { CLIENT_REQUESTS_BYTES_MAX } from "../util/limits.ts";
import type { PendingCall } from "./calls.ts";
import type { JsonChannel } from "./channel.ts";

/** Requests are handed to the transport in pieces of about this size. */
const WRITE_CHARS = 256 * 1024;

export class RequestQueue {
  readonly #channel: Pick<JsonChannel, "write">;
  readonly #calls = new Set<PendingCall>();
  /** Of their requests, which are ASCII. */
  #chars = 0;
  #flush: "idle" | "scheduled" | "waiting for room" = "idle";

  constructor(channel: Pick<JsonChannel, "write">) {
    this.#channel = channel;
  }

  /** Whether the transport has not taken so much that no further call should be added. */
  get isFull(): boolean {
    return this.#chars >= CLIENT_REQUESTS_BYTES_MAX;
  }

  add(call: PendingCall): void {
    this.#calls.add(call);
    this.#chars += call.text.length;
    if (this.#flush !== "idle") return;
    this.#flush = "scheduled";
    queueMicrotask(() => this.#write());
  }

  /** It is given up: the server never hears of it. */
  remove(call: PendingCall): void {
    this.#calls.delete(call);
    this.#chars -= call.text.length;
  }

  /** The channel has room again. */
  drained(): void {
    if (this.#flush === "waiting for room") this.#write();
  }

  /** The connection is over. */
  clear(): void {
    this.#calls.clear();
  }

  #write(): void {
    this.#flush = "idle";
    let text = "";
    for (const call of this.#calls) {
      text += call.text;
      this.#chars -= call.text.length;
      call.text = "";
      call.state = "sent";
      this.#calls.delete(call);
      if (text.length < WRITE_CHARS) continue;
      if (!this.#channel.write(text)) {
        this.#flush = "waiting for room"; // Taken up in `drained`.
        return;
      }
      text = "";
    }
    if (text !== "" && !this.#channel.write(text)) this.#flush = "waiting for room";
  }
}
