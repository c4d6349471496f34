/** Handlers of the schema module `migration`: there is never a migration to pause. */

import type { MigrationHandlers } from "../qapi/generated/migration.ts";
import type { PlainContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";

export function migrationHandlers(): MigrationHandlers<PlainContext> {
  return {
    "migrate-pause"() {
      throw new QmpError("migrate-pause is currently only supported during postcopy-active state");
    },
  };
}
