/** Handlers of the schema module `migration`: snapshots as jobs; there is never a migration to pause. */

import type { MigrationHandlers } from "../qapi/generated/migration.ts";
import type { CommandContext, PlainContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";
import type { JobTable } from "./job-table.ts";
import type { Snapshots } from "./snapshots.ts";

export function migrationHandlers(
  jobs: JobTable,
  snapshots: Snapshots,
): MigrationHandlers<PlainContext, CommandContext> {
  return {
    "migrate-pause"() {
      throw new QmpError("migrate-pause is currently only supported during postcopy-active state");
    },
    "snapshot-save"(args) {
      void jobs.start(args["job-id"], "snapshot-save", (control) => snapshots.save(args, control));
    },
    "snapshot-load"(args) {
      void jobs.start(args["job-id"], "snapshot-load", (control) => snapshots.load(args, control));
    },
    "snapshot-delete"(args) {
      void jobs.start(args["job-id"], "snapshot-delete", (control) => snapshots.delete(args, control));
    },
    "query-snapshots": { handle: () => snapshots.list() },
  };
}
