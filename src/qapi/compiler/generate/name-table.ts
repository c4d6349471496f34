/**
 * Pass 4, names: what each type and each command is called in TypeScript, once for the whole schema.
 *
 * A type keeps its name.  One that the generated code, the runtime or the language has already becomes
 * `q_Name`: QAPI leaves names in `q_` to the compiler.  Members that are written where they are used have a
 * type called after their user (`ScreendumpArg`, `ResetEvent`, `ShapeBase`), with `_` where that is taken.
 */

import type { Command, ObjectType, Schema } from "../model.ts";
import type { DefinedType } from "./conditions.ts";
import { moduleOf, pascalCase, RUNTIME_TYPES, typeNameOf } from "./module.ts";

/** Types of the runtime, of the generated modules, and those of the language that generated code names. */
const TAKEN_TYPES = [
  ...RUNTIME_TYPES,
  ...["Conditions", "CommandHandlers", "EventData", "EventName"],
  ...["Array", "Extract", "Number", "Object"],
];

export class NameTable {
  readonly #types = new Map<DefinedType, string>();
  readonly #commands = new Map<Command, string>();

  constructor({ files, types, commands, events }: Schema) {
    const modules = files.map((file) => pascalCase(moduleOf(file)));
    const taken = new Set([...TAKEN_TYPES, ...modules.map((module) => `${module}Handlers`)]);
    for (const type of types) {
      const name = typeNameOf(type);
      this.#types.set(type, claim(taken.has(name) ? `q_${name}` : name, taken));
    }
    for (const type of types) {
      const base = type.meta === "union" ? type.base : undefined;
      if (base?.implicit === "base") this.#types.set(base, claim(`${pascalCase(type.name)}Base`, taken));
    }
    for (const { name, arg } of commands) this.#claimArg(arg, `${pascalCase(name)}Arg`, taken);
    for (const { name, arg } of events) {
      this.#claimArg(arg, `${pascalCase(name.toLowerCase())}Event`, taken);
    }
    const takenCommands = new Set([
      "Nothing",
      "Result",
      "Commands",
      ...modules.map((name) => `${name}Commands`),
    ]);
    for (const command of commands)
      this.#commands.set(command, claim(pascalCase(command.name), takenCommands));
  }

  #claimArg(arg: ObjectType | undefined, name: string, taken: Set<string>): void {
    if (arg?.implicit === "arg") this.#types.set(arg, claim(name, taken));
  }

  type(type: DefinedType): string {
    return this.#types.get(type) ?? typeNameOf(type);
  }

  /** What follows `marshal` and `return` in the names of a command's functions. */
  command(command: Command): string {
    return this.#commands.get(command) ?? pascalCase(command.name);
  }
}

function claim(wanted: string, taken: Set<string>): string {
  let name = wanted;
  while (taken.has(name)) name += "_";
  taken.add(name);
  return name;
}
