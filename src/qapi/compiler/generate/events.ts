/**
 * Pass 4, events: which there are, what data each has, and a check of the data.
 */

import type { Event, Schema } from "../model.ts";
import { conditionExpression } from "./conditions.ts";
import { docComment } from "./documentation.ts";
import { bracket, indent, key } from "./module.ts";
import type { References } from "./references.ts";

export function writeEvents(to: References, { events }: Schema): void {
  const rows = events.map((event) => {
    const doc = docComment(event);
    return indent(`${doc}readonly ${key(event.name)}: ${to.argType(event.arg)};\n`);
  });
  to.module.add(
    `/** The data of each event, by the event's name. */\nexport interface EventData {\n${rows.join("\n")}}`,
  );
  to.module.add("export type EventName = keyof EventData;");
  const asks = events.some(({ arg }) => to.isConditional(arg));
  if (asks) to.conditionsParameter();
  const unmarshal = asks
    ? `${to.runtime("UnmarshalWith")}<Conditions, EventData[E]>`
    : `${to.runtime("Unmarshal")}<EventData[E]>`;
  const type = `{ readonly [E in EventName]: ${unmarshal} }`;
  // A function that asks for conditions is called with them.
  const functions = events.map((event) => `${key(event.name)}: ${to.unmarshalArg(event.arg)}`);
  to.module.add(bracket(`const UNMARSHAL: ${type} = {`, functions, "};", { pad: " " }));
  writeIsEventName(to, events);
  const parameters = [
    "event: E",
    `data: ${to.runtime("Input")}`,
    ...(asks ? [to.conditionsParameter()] : []),
  ];
  const open = "export function checkEventData<E extends EventName>(";
  to.module.add(
    "/**\n" +
      " * Holds an event's data against the schema; none is an object without members.  Throws `QmpError`, as\n" +
      " * for an argument called `data`.\n" +
      " */\n" +
      `${bracket(open, parameters, "): EventData[E] {")}\n` +
      `  return UNMARSHAL[event](data ?? {}, "", "data"${asks ? ", conditions" : ""});\n}`,
  );
}

function writeIsEventName(to: References, events: readonly Event[]): void {
  const cases = events.flatMap(({ name, condition }) => {
    if (condition === undefined) return [];
    return [`case ${JSON.stringify(name)}:\n  return ${conditionExpression(condition)};\n`];
  });
  const known = "return Object.hasOwn(UNMARSHAL, name);\n";
  const body =
    cases.length === 0
      ? known
      : `switch (name) {\n${indent(`${cases.join("")}default:\n${indent(known)}`)}}\n`;
  const parameters = ["name: string", ...(cases.length === 0 ? [] : [to.conditionsParameter()])];
  to.module.add(
    "/** Whether the schema has an event of that name. */\n" +
      `export function isEventName(${parameters.join(", ")}): name is EventName {\n${indent(body)}}`,
  );
}
