/**
 * Pass 4, commands: the interface of a module's handlers, a marshaller for each command, and the list of
 * them all.
 *
 * A plain command's marshaller has one half.  The others have two: the calling half checks the arguments
 * and calls the handler with the context, the returning half holds the result against the schema and
 * completes the context.  `gen: false` leaves both checks out: the handler gets what the client sent, and
 * what it answers is sent.
 */

import type { Command, Schema } from "../model.ts";
import { conditionExpression } from "./conditions.ts";
import { comment, handlerComment } from "./documentation.ts";
import { access, bracket, indent, key, moduleOf, pascalCase } from "./module.ts";
import type { References } from "./references.ts";

/** The module that the generator adds to the schema's own. */
export const COMMANDS_MODULE = "commands";

const CONTEXTS_TEXT = "`P`: the context of a plain command; `C`: of any other.";

/** What a module's generated names begin with: `BlockCore` for `block-core`. */
const handlersName = (module: string): string => `${pascalCase(module)}Handlers`;
const marshalName = (module: string): string => `marshal${pascalCase(module)}Commands`;

/** Adds handlers and marshallers of a file's commands to its module. */
export function writeCommands(to: References, commands: readonly Command[], source: string): void {
  if (commands.length === 0) return;
  const { module } = to;
  const members = commands.map((command) => {
    const doc = handlerComment(command);
    return indent(`${doc}readonly ${key(command.name)}: ${handlerType(to, command)};\n`);
  });
  const contexts = contextsOf(commands);
  const about = [`Handlers of the commands in ${source}.`, CONTEXTS_TEXT].join("\n");
  module.add(
    `${comment([about])}export interface ${handlersName(module.name)}${contexts} {\n${members.join("\n")}}`,
  );
  for (const command of commands) writeMarshaller(to, command);
  const calls = commands.map((command) => {
    const args = [access("handlers", command.name), ...(marshallerAsks(to, command) ? ["conditions"] : [])];
    const call = `marshal${to.commandName(command)}(${args.join(", ")})`;
    return command.condition === undefined
      ? call
      : `...(${conditionExpression(command.condition)} ? [${call}] : [])`;
  });
  const parameters = [
    `handlers: ${handlersName(module.name)}${contexts}`,
    ...(needConditions(to, commands) ? [to.conditionsParameter()] : []),
  ];
  const open = `export function ${marshalName(module.name)}${contexts}(`;
  module.add(
    `/** Binds the commands in ${source} to their handlers. */\n` +
      `${bracket(open, parameters, `): ${commandList(to, commands)} {`)}\n` +
      `${indent(bracket("return [", calls, "];", { column: 2 }))}\n}`,
  );
}

/** The context types that commands of these kinds have: `<P>`, `<C>` or `<P, C>`. */
function contextsOf(commands: readonly Command[]): string {
  const plain = commands.some((command) => kindOf(command) === "plain");
  const others = commands.some((command) => kindOf(command) !== "plain");
  return `<${[...(plain ? ["P"] : []), ...(others ? ["C"] : [])].join(", ")}>`;
}

function commandList(to: References, commands: readonly Command[]): string {
  const contexts = contextsOf(commands);
  const types = [
    ...(contexts.includes("P") ? [`${to.runtime("PlainCommand")}<P>`] : []),
    ...(contexts.includes("C") ? [`${to.runtime("AsyncCommand")}<C>`] : []),
  ];
  return types.length > 1 ? `(${types.join(" | ")})[]` : `${types[0]}[]`;
}

/** Whether binding `commands` asks for conditions: for one of theirs, or for one of a type's. */
function needConditions(to: References, commands: readonly Command[]): boolean {
  return commands.some((command) => command.condition !== undefined || marshallerAsks(to, command));
}

function marshallerAsks(to: References, { arg, returns, flags }: Command): boolean {
  return flags.gen && (to.isConditional(arg) || to.isConditional(returns));
}

function kindOf({ flags }: Command): "plain" | "coroutine" | "async" {
  if (flags.async) return "async";
  return flags.coroutine ? "coroutine" : "plain";
}

function handlerType(to: References, command: Command): string {
  const args = command.flags.gen ? to.argType(command.arg) : to.runtime("JsonObject");
  const result = resultType(to, command);
  return kindOf(command) === "plain"
    ? `${to.runtime("PlainHandler")}<${args}, ${result}, P>`
    : `${to.runtime("AsyncHandler")}<${args}, ${result}, C>`;
}

function resultType(to: References, { returns, flags }: Command): string {
  if (returns === undefined) return "void";
  return flags.gen ? to.type(returns) : to.runtime("JsonValue");
}

function writeMarshaller(to: References, command: Command): void {
  const { name, flags } = command;
  const kind = kindOf(command);
  const [context, type] = kind === "plain" ? ["P", "PlainCommand"] : ["C", "AsyncCommand"];
  writeReturn(to, command);
  const members = [
    `name: ${JSON.stringify(name)}`,
    `kind: "${kind}"`,
    `allowOob: ${flags.allowOob}`,
    `allowPreconfig: ${flags.allowPreconfig}`,
    `successResponse: ${flags.successResponse}`,
    `onDisconnect: "${flags.onDisconnect}"`,
    ...(flags.gen ? [`check(input) {\n${indent(checkBody(to, command))}}`] : []),
    `call(input, context) {\n${indent(callBody(to, command))}}`,
  ];
  const open = `function marshal${to.commandName(command)}<${context}>(`;
  const parameters = [
    `handler: ${handlerType(to, command)}`,
    ...(marshallerAsks(to, command) ? [to.conditionsParameter()] : []),
  ];
  to.module.add(
    `${bracket(open, parameters, `): ${to.runtime(type ?? "")}<${context}> {`)}\n` +
      `  return {\n${indent(indent(members.map((member) => `${member},\n`).join("")))}  };\n}`,
  );
}

/** The returning half of a command with a result. */
function writeReturn(to: References, command: Command): void {
  const { name, returns, flags } = command;
  if (returns === undefined || !flags.gen) return;
  const open = `function return${to.commandName(command)}(`;
  const parameters = [
    `result: ${to.type(returns)}`,
    ...(to.isConditional(returns) ? [to.conditionsParameter()] : []),
  ];
  const check = [JSON.stringify(name), "result", to.unmarshal(returns)];
  to.module.add(
    `${bracket(open, parameters, `): ${to.runtime("JsonValue")} {`)}\n` +
      `${indent(bracket(`return ${to.runtime("marshalResult")}(`, check, ");", { column: 2 }))}\n}`,
  );
}

function checkBody(to: References, { arg }: Command): string {
  return `${to.unmarshalArg(arg)}(input, "", ""${to.isConditional(arg) ? ", conditions" : ""});\n`;
}

/** The calling half; for a plain command, the whole. */
function callBody(to: References, command: Command): string {
  const { arg, returns, flags } = command;
  const args = flags.gen ? "args" : "input";
  const asks = to.isConditional(arg) ? ", conditions" : "";
  const start = flags.gen ? `const args = ${to.unmarshalArg(arg)}(input, "", ""${asks});\n` : "";
  if (kindOf(command) !== "plain") {
    const halves = [
      `handler.resources?.(${args}, context)`,
      `() => handler.handle(${args}, context)`,
      returningHalf(to, command),
    ];
    return `${start}${bracket("context.begin(", halves, ");", { column: 6 })}\n`;
  }
  const call = `handler(${args}, context)`;
  if (returns === undefined) return `${start}${call};\nreturn ${to.runtime("marshalNothing")}();\n`;
  if (!flags.gen) return `${start}return ${call};\n`;
  const conditions = to.isConditional(returns) ? ", conditions" : "";
  return `${start}return return${to.commandName(command)}(${call}${conditions});\n`;
}

/** An expression: the function that makes a command's result a value of the wire. */
function returningHalf(to: References, command: Command): string {
  const { returns, flags } = command;
  if (returns === undefined) return to.runtime("marshalNothing");
  if (!flags.gen) return "(result) => result";
  const name = `return${to.commandName(command)}`;
  return to.isConditional(returns) ? `(result) => ${name}(result, conditions)` : name;
}

/** The module that brings all handlers and commands together. */
export function writeCommandList(to: References, schema: Schema, modules: readonly string[]): void {
  const parts = modules
    .map((name) => ({
      name,
      commands: schema.commands.filter(({ location }) => moduleOf(location.file) === name),
    }))
    .filter(({ commands }) => commands.length > 0);
  if (parts.length === 0) return;
  const { module } = to;
  const all = parts.flatMap(({ commands }) => commands);
  const contexts = contextsOf(all);
  const bases = parts.map(
    ({ name, commands }) => `${module.from(name, handlersName(name), "type")}${contextsOf(commands)}`,
  );
  module.add(
    `${comment([`Handlers of all commands, by name.  ${CONTEXTS_TEXT}`])}` +
      `export interface CommandHandlers${contexts}\n  extends ${bases.join(",\n    ")} {}`,
  );
  const calls = parts.map(({ name, commands }) => {
    const args = needConditions(to, commands) ? "handlers, conditions" : "handlers";
    return `...${module.from(name, marshalName(name), "value")}(${args})`;
  });
  const parameters = [
    `handlers: CommandHandlers${contexts}`,
    ...(needConditions(to, all) ? [to.conditionsParameter()] : []),
  ];
  const open = `export function marshalCommands${contexts}(`;
  module.add(
    "/** Binds all commands to their handlers, in the schema's order. */\n" +
      `${bracket(open, parameters, `): ${commandList(to, all)} {`)}\n` +
      `${indent(bracket("return [", calls, "];", { column: 2 }))}\n}`,
  );
}
