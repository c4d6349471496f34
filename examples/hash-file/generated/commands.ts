/**
 * Generated from examples/hash-file/hash-file.json by `qmpd schema compile`: change the schema, not this file.
 */

import { type HashFileHandlers, marshalHashFileCommands } from "./hash-file.js";
import type { AsyncCommand } from "qmpd/qapi";

/** Handlers of all commands, by name.  `P`: the context of a plain command; `C`: of any other. */
export interface CommandHandlers<C>
  extends HashFileHandlers<C> {}

/** Binds all commands to their handlers, in the schema's order. */
export function marshalCommands<C>(handlers: CommandHandlers<C>): AsyncCommand<C>[] {
  return [...marshalHashFileCommands(handlers)];
}
