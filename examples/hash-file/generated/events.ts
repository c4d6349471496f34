/**
 * Generated from examples/hash-file/hash-file.json by `qmpd schema compile`: change the schema, not this file.
 */

import { type FileHashedEvent, unmarshalFileHashedEvent } from "./hash-file.js";
import type { Input, Unmarshal } from "qmpd/qapi";

/** The data of each event, by the event's name. */
export interface EventData {
  /**
   * A file has been hashed, for whichever client.
   *
   * Since: 0.1
   *
   * Source: examples/hash-file/hash-file.json, line 66.
   */
  readonly FILE_HASHED: FileHashedEvent;
}

export type EventName = keyof EventData;

const UNMARSHAL: { readonly [E in EventName]: Unmarshal<EventData[E]> } = {
  FILE_HASHED: unmarshalFileHashedEvent,
};

/** Whether the schema has an event of that name. */
export function isEventName(name: string): name is EventName {
  return Object.hasOwn(UNMARSHAL, name);
}

/**
 * Holds an event's data against the schema; none is an object without members.  Throws `QmpError`, as
 * for an argument called `data`.
 */
export function checkEventData<E extends EventName>(event: E, data: Input): EventData[E] {
  return UNMARSHAL[event](data ?? {}, "", "data");
}
