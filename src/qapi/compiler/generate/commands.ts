/**
 * Pass 4, commands: the interface of a module's handlers, a marshaller for each command, and the list of
 * them all.
 *
 * A plain command's marshaller has one half.  The others have two: the calling half checks the arguments
 * and calls the handler with the context, the returning half holds the result against the schema and
 * completes the context.
 */

import type { Condition } from "../definitions.ts";
import type { Command, Schema } from "../model.ts";
import { access, bracket, comment, handlerComment, indent, key, moduleOf, pascalCase } from "./module.ts";
import type { References } from "./references.ts";

/** Modules that the generator adds to the schema's own. */
export const COMMANDS_MODULE = "commands";
export const CONDITIONS_MODULE = "conditions";

/** `condition` as an expression over the generated `Conditions`. */
export function conditionExpression(condition: Condition): string {
  if (typeof condition === "string") return `conditions.${condition}`;
  if ("not" in condition) return `!${conditionTerm(condition.not)}`;
  const [terms, operator] = "all" in condition ? [condition.all, " && "] : [condition.any, " || "];
  return terms.map(conditionTerm).join(operator);
}

/** In parentheses, where the expression has an operator between terms. */
function conditionTerm(condition: Condition): string {
  const isJoined = typeof condition !== "string" && !("not" in condition);
  return isJoined ? `(${conditionExpression(condition)})` : conditionExpression(condition);
}

/** Names of the conditions in `condition`. */
export function conditionNames(condition: Condition): string[] {
  if (typeof condition === "string") return [condition];
  if ("not" in condition) return conditionNames(condition.not);
  return ("all" in condition ? condition.all : condition.any).flatMap(conditionNames);
}

const CONTEXTS_TEXT = "`P`: the context of a plain command; `C`: of any other.";

/** What a module's generated names begin with: `BlockCore` for `block-core`. */
const handlersName = (module: string): string => `${pascalCase(module)}Handlers`;
const marshalName = (module: string): string => `marshal${pascalCase(module)}Commands`;

/** Adds handlers and marshallers of a file's commands to its module. */
export function writeCommands(to: References, all: readonly Command[], source: string): void {
  const commands = all.filter(({ flags }) => flags.gen);
  if (commands.length === 0) return;
  const { module } = to;
  const members = commands.map((command) => {
    const doc = handlerComment(command.doc);
    return indent(`${doc}readonly ${key(command.name)}: ${handlerType(to, command)};\n`);
  });
  const contexts = contextsOf(commands);
  const about = [`Handlers of the commands in ${source}.`, CONTEXTS_TEXT].join("\n");
  module.add(
    `${comment([about])}export interface ${handlersName(module.name)}${contexts} {\n${members.join("\n")}}`,
  );
  for (const command of commands) writeMarshaller(to, command);
  const calls = commands.map((command) => {
    const call = `marshal${pascalCase(command.name)}(${access("handlers", command.name)})`;
    return command.condition === undefined
      ? call
      : `...(${conditionExpression(command.condition)} ? [${call}] : [])`;
  });
  const parameters = [
    `handlers: ${handlersName(module.name)}${contexts}`,
    ...conditionsParameter(to, commands),
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

function needConditions(commands: readonly Command[]): boolean {
  return commands.some(({ condition }) => condition !== undefined);
}

function conditionsParameter(to: References, commands: readonly Command[]): string[] {
  if (!needConditions(commands)) return [];
  return [`conditions: ${to.module.from(CONDITIONS_MODULE, "Conditions", "type")}`];
}

function kindOf({ flags }: Command): "plain" | "coroutine" | "async" {
  if (flags.async) return "async";
  return flags.coroutine ? "coroutine" : "plain";
}

function handlerType(to: References, command: Command): string {
  const args = to.argType(command.arg);
  const result = command.returns === undefined ? "void" : to.type(command.returns);
  return kindOf(command) === "plain"
    ? `${to.runtime("PlainHandler")}<${args}, ${result}, P>`
    : `${to.runtime("AsyncHandler")}<${args}, ${result}, C>`;
}

function writeMarshaller(to: References, command: Command): void {
  const { name, returns, flags } = command;
  const kind = kindOf(command);
  const [context, type] = kind === "plain" ? ["P", "PlainCommand"] : ["C", "AsyncCommand"];
  const returning = returns === undefined ? to.runtime("marshalNothing") : `return${pascalCase(name)}`;
  if (returns !== undefined) {
    const open = `function ${returning}(`;
    const parameters = [`result: ${to.type(returns)}`];
    const check = [JSON.stringify(name), "result", to.unmarshal(returns)];
    to.module.add(
      `${bracket(open, parameters, `): ${to.runtime("JsonValue")} {`)}\n` +
        `${indent(bracket(`return ${to.runtime("marshalResult")}(`, check, ");", { column: 2 }))}\n}`,
    );
  }
  const members = [
    `name: ${JSON.stringify(name)}`,
    `kind: "${kind}"`,
    `allowOob: ${flags.allowOob}`,
    `allowPreconfig: ${flags.allowPreconfig}`,
    `successResponse: ${flags.successResponse}`,
    `onDisconnect: "${flags.onDisconnect}"`,
    `call(input, context) {\n${indent(callBody(to, command, returning))}}`,
  ];
  const open = `function marshal${pascalCase(name)}<${context}>(`;
  const parameters = [`handler: ${handlerType(to, command)}`];
  to.module.add(
    `${bracket(open, parameters, `): ${to.runtime(type ?? "")}<${context}> {`)}\n` +
      `  return {\n${indent(indent(members.map((member) => `${member},\n`).join("")))}  };\n}`,
  );
}

/** The calling half; for a plain command, the whole. */
function callBody(to: References, command: Command, returning: string): string {
  const args = `const args = ${to.unmarshalArg(command.arg)}(input, "", "");\n`;
  if (kindOf(command) !== "plain") {
    const halves = ["handler.resources?.(args, context)", "() => handler.handle(args, context)", returning];
    return `${args}${bracket("context.begin(", halves, ");", { column: 6 })}\n`;
  }
  if (command.returns === undefined) return `${args}handler(args, context);\nreturn ${returning}();\n`;
  return `${args}return ${returning}(handler(args, context));\n`;
}

/** The module that brings all handlers and commands together. */
export function writeCommandList(to: References, schema: Schema, modules: readonly string[]): void {
  const parts = modules
    .map((name) => ({
      name,
      commands: schema.commands.filter(
        ({ location, flags }) => flags.gen && moduleOf(location.file) === name,
      ),
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
    const args = needConditions(commands) ? "handlers, conditions" : "handlers";
    return `...${module.from(name, marshalName(name), "value")}(${args})`;
  });
  const parameters = [`handlers: CommandHandlers${contexts}`, ...conditionsParameter(to, all)];
  const open = `export function marshalCommands${contexts}(`;
  module.add(
    "/** Binds all commands to their handlers, in the schema's order. */\n" +
      `${bracket(open, parameters, `): ${commandList(to, all)} {`)}\n` +
      `${indent(bracket("return [", calls, "];", { column: 2 }))}\n}`,
  );
}
