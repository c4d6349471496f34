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
import {
  access,
  bracket,
  type GeneratedModule,
  handlerComment,
  indent,
  key,
  moduleOf,
  pascalCase,
} from "./module.ts";
import { objectTypeName, type TypeWriter } from "./types.ts";

/** Modules that the generator adds to the schema's own. */
export const COMMANDS_MODULE = "commands";
export const CONDITIONS_MODULE = "conditions";

/** `condition` as an expression over the generated `Conditions`. */
export function conditionExpression(condition: Condition): string {
  if (typeof condition === "string") return `conditions.${condition}`;
  if ("not" in condition) {
    const term = conditionExpression(condition.not);
    return typeof condition.not === "string" ? `!${term}` : `!(${term})`;
  }
  const [terms, operator] = "all" in condition ? [condition.all, " && "] : [condition.any, " || "];
  return terms
    .map((term) => (typeof term === "string" ? conditionExpression(term) : `(${conditionExpression(term)})`))
    .join(operator);
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

/** Adds handlers and marshallers of `commands` to their module. */
export function writeCommands(
  module: GeneratedModule,
  commands: readonly Command[],
  types: TypeWriter,
  source: string,
): void {
  for (const command of commands) {
    if (command.arg?.implicit === "arg") types.defineArg(command.arg, command);
  }
  const members = commands.map((command) => {
    const type = handlerType(module, command, types);
    return indent(`${handlerComment(command.doc)}readonly ${key(command.name)}: ${type};\n`);
  });
  const contexts = contextsOf(commands);
  module.add(
    `/** Handlers of the commands in ${source}.  ${CONTEXTS_TEXT} */\n` +
      `export interface ${handlersName(module.name)}${contexts} {\n${members.join("\n")}}`,
  );
  for (const command of commands) writeMarshaller(module, command, types);
  const list = commands.map((command) => {
    const call = `marshal${pascalCase(command.name)}(${access("handlers", command.name)})`;
    return command.condition === undefined
      ? call
      : `...(${conditionExpression(command.condition)} ? [${call}] : [])`;
  });
  const parameters = [`handlers: ${handlersName(module.name)}${contexts}`];
  if (needsConditions(commands)) {
    parameters.push(`conditions: ${module.from(CONDITIONS_MODULE, "Conditions", "type")}`);
  }
  module.add(
    `/** Binds the commands in ${source} to their handlers. */\n` +
      `${bracket(`export function ${marshalName(module.name)}${contexts}(`, parameters, `): ${commandList(module, commands)} {`)}\n` +
      `${indent(`return ${bracket("[", list, "]")};`)}\n}`,
  );
}

/** The context types that commands of these kinds have: `<P>`, `<C>` or `<P, C>`. */
function contextsOf(commands: readonly Command[]): string {
  const plain = commands.some((command) => kindOf(command) === "plain");
  const others = commands.some((command) => kindOf(command) !== "plain");
  return `<${[...(plain ? ["P"] : []), ...(others ? ["C"] : [])].join(", ")}>`;
}

function commandList(module: GeneratedModule, commands: readonly Command[]): string {
  const contexts = contextsOf(commands);
  const types = [
    ...(contexts.includes("P") ? [`${module.runtime("PlainCommand")}<P>`] : []),
    ...(contexts.includes("C") ? [`${module.runtime("AsyncCommand")}<C>`] : []),
  ];
  return types.length > 1 ? `(${types.join(" | ")})[]` : `${types[0]}[]`;
}

function needsConditions(commands: readonly Command[]): boolean {
  return commands.some(({ condition }) => condition !== undefined);
}

function kindOf({ flags }: Command): "plain" | "coroutine" | "async" {
  if (flags.async) return "async";
  return flags.coroutine ? "coroutine" : "plain";
}

function argType(module: GeneratedModule, { arg }: Command, types: TypeWriter): string {
  if (arg === undefined) return module.runtime("NoMembers");
  return arg.implicit === "arg" ? objectTypeName(arg) : types.type(arg);
}

function handlerType(module: GeneratedModule, command: Command, types: TypeWriter): string {
  const args = argType(module, command, types);
  const result = command.returns === undefined ? "void" : types.type(command.returns);
  return kindOf(command) === "plain"
    ? `${module.runtime("PlainHandler")}<${args}, ${result}, P>`
    : `${module.runtime("AsyncHandler")}<${args}, ${result}, C>`;
}

function writeMarshaller(module: GeneratedModule, command: Command, types: TypeWriter): void {
  const { name, arg, returns, flags } = command;
  const kind = kindOf(command);
  const [context, type] = kind === "plain" ? ["P", "PlainCommand"] : ["C", "AsyncCommand"];
  const unmarshal = arg === undefined ? module.runtime("asNoMembers") : types.unmarshal(arg);
  const returning = `return${pascalCase(name)}`;
  if (returns !== undefined) {
    const result = types.type(returns);
    const check = `${module.runtime("marshalResult")}(${JSON.stringify(name)}, result, ${types.unmarshal(returns)})`;
    module.add(
      `function ${returning}(result: ${result}): ${module.runtime("JsonValue")} {\n  return ${check};\n}`,
    );
  }
  const args = `const args = ${unmarshal}(input, "", "");\n`;
  let call: string;
  if (kind === "plain" && returns !== undefined) {
    call = `${args}return ${returning}(handler(args, context));\n`;
  } else if (kind === "plain") {
    call = `${args}handler(args, context);\nreturn ${module.runtime("marshalNothing")}();\n`;
  } else {
    const half = returns === undefined ? module.runtime("marshalNothing") : returning;
    call = `${args}context.begin(handler.resources?.(args, context), () => handler.handle(args, context), ${half});\n`;
  }
  const description = [
    `name: ${JSON.stringify(name)}`,
    `kind: "${kind}"`,
    `allowOob: ${flags.allowOob}`,
    `allowPreconfig: ${flags.allowPreconfig}`,
    `successResponse: ${flags.successResponse}`,
    `onDisconnect: "${flags.onDisconnect}"`,
  ];
  const body = `${description.map((line) => `${line},\n`).join("")}call(input, context) {\n${indent(call)}},\n`;
  const handler = `handler: ${handlerType(module, command, types)}`;
  module.add(
    `${bracket(`function marshal${pascalCase(name)}<${context}>(`, [handler], `): ${module.runtime(type ?? "")}<${context}> {`)}\n` +
      `  return {\n${indent(indent(body))}  };\n}`,
  );
}

/** The module that brings all handlers and commands together. */
export function writeCommandList(module: GeneratedModule, schema: Schema, modules: readonly string[]): void {
  const parts = modules
    .map((name) => ({
      name,
      commands: schema.commands.filter(
        ({ location, flags }) => flags.gen && moduleOf(location.file) === name,
      ),
    }))
    .filter(({ commands }) => commands.length > 0);
  if (parts.length === 0) return;
  const all = parts.flatMap(({ commands }) => commands);
  const contexts = contextsOf(all);
  const bases = parts.map(
    ({ name, commands }) => `${module.from(name, handlersName(name), "type")}${contextsOf(commands)}`,
  );
  module.add(
    `/** Handlers of all commands, by name.  ${CONTEXTS_TEXT} */\n` +
      `export interface CommandHandlers${contexts}\n  extends ${bases.join(",\n    ")} {}`,
  );
  const calls = parts.map(({ name, commands }) => {
    const args = needsConditions(commands) ? "handlers, conditions" : "handlers";
    return `...${module.from(name, marshalName(name), "value")}(${args})`;
  });
  const parameters = [`handlers: CommandHandlers${contexts}`];
  if (needsConditions(all)) {
    parameters.push(`conditions: ${module.from(CONDITIONS_MODULE, "Conditions", "type")}`);
  }
  module.add(
    `/** Binds all commands to their handlers, in the schema's order. */\n` +
      `${bracket(`export function marshalCommands${contexts}(`, parameters, `): ${commandList(module, all)} {`)}\n` +
      `${indent(`return ${bracket("[", calls, "]")};`)}\n}`,
  );
}
