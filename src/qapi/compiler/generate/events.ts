/**
 * Pass 4, events: which there are, what data each has, and a check of the data.
 */

import type { Schema } from "../model.ts";
import { bracket, docComment, indent, key } from "./module.ts";
import type { References } from "./references.ts";

export function writeEvents(to: References, { events }: Schema): void {
  const rows = events.map((event) => {
    const doc = docComment(event.doc, event.location);
    return indent(`${doc}readonly ${key(event.name)}: ${to.argType(event.arg)};\n`);
  });
  to.module.add(
    `/** The data of each event, by the event's name. */\nexport interface EventData {\n${rows.join("\n")}}`,
  );
  to.module.add("export type EventName = keyof EventData;");
  const type = `{ readonly [E in EventName]: ${to.runtime("Unmarshal")}<EventData[E]> }`;
  const functions = events.map((event) => `${key(event.name)}: ${to.unmarshalArg(event.arg)}`);
  to.module.add(bracket(`const UNMARSHAL: ${type} = {`, functions, "};", { pad: " " }));
  to.module.add(
    "/** Whether the schema has an event of that name. */\n" +
      "export function isEventName(name: string): name is EventName {\n" +
      "  return Object.hasOwn(UNMARSHAL, name);\n}",
  );
  to.module.add(
    "/**\n" +
      " * Holds an event's data against the schema; none is an object without members.  Throws `QmpError`, as\n" +
      " * for an argument called `data`.\n" +
      " */\n" +
      `export function checkEventData<E extends EventName>(event: E, data: ${to.runtime("Input")}): EventData[E] {\n` +
      '  return UNMARSHAL[event](data ?? {}, "", "data");\n}',
  );
}
