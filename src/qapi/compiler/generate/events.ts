/**
 * Pass 4, events: which there are, what data each has, and a check of the data.
 */

import type { Event, Schema } from "../model.ts";
import { bracket, docComment, type GeneratedModule, indent, key } from "./module.ts";
import type { TypeWriter } from "./types.ts";

/** Adds the data types that events write out themselves to the module that defines them. */
export function writeEventTypes(events: readonly Event[], types: TypeWriter): void {
  for (const event of events) {
    if (event.arg?.implicit === "arg") types.defineArg(event.arg, event);
  }
}

export function writeEvents(module: GeneratedModule, schema: Schema, types: TypeWriter): void {
  const rows = schema.events.map((event) => {
    const type = event.arg === undefined ? module.runtime("NoMembers") : types.type(event.arg);
    return indent(`${docComment(event.doc, event.location)}readonly ${key(event.name)}: ${type};\n`);
  });
  module.add(
    `/** The data of each event, by the event's name. */\nexport interface EventData {\n${rows.join("\n")}}`,
  );
  module.add("export type EventName = keyof EventData;");
  const unmarshal = module.runtime("Unmarshal");
  const entries = schema.events.map(
    (event) =>
      `${key(event.name)}: ${event.arg === undefined ? module.runtime("asNoMembers") : types.unmarshal(event.arg)}`,
  );
  module.add(
    `const UNMARSHAL: { readonly [E in EventName]: ${unmarshal}<EventData[E]> } = ${bracket("{", entries, "}", " ")};`,
  );
  module.add(
    "/** Whether the schema has an event of that name. */\n" +
      "export function isEventName(name: string): name is EventName {\n  return Object.hasOwn(UNMARSHAL, name);\n}",
  );
  module.add(
    "/** Holds an event's data against the schema.  Throws `QmpError` as for a command's arguments. */\n" +
      `export function checkEventData<E extends EventName>(event: E, data: ${module.runtime("JsonObject")}): EventData[E] {\n` +
      '  return UNMARSHAL[event](data, "", "");\n}',
  );
}
