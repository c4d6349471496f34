/**
 * Generated from schema/migration.json by `npm run generate`: change the schema, not this file.
 */

import type { PlainCommand, PlainHandler } from "../runtime/command.ts";
import { asNoMembers, marshalNothing, type NoMembers } from "../runtime/unmarshal.ts";

/**
 * Handlers of the commands in schema/migration.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface MigrationHandlers<P> {
  /**
   * Interrupts a migration.
   *
   * Returns: nothing; always an error here, as there is no migration.
   *
   * Since: 0.1
   */
  readonly "migrate-pause": PlainHandler<NoMembers, void, P>;
}

function marshalMigratePause<P>(handler: PlainHandler<NoMembers, void, P>): PlainCommand<P> {
  return {
    name: "migrate-pause",
    kind: "plain",
    allowOob: true,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

/** Binds the commands in schema/migration.json to their handlers. */
export function marshalMigrationCommands<P>(handlers: MigrationHandlers<P>): PlainCommand<P>[] {
  return [marshalMigratePause(handlers["migrate-pause"])];
}
