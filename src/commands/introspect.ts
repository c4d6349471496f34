/** Handlers of the schema module `introspect`. */

import type { IntrospectHandlers, SchemaInfo } from "../qapi/generated/introspect.ts";
import type { PlainContext } from "../qmp/context.ts";

/** `schema` is what the compiler made of the schema, less what this service does not offer (rule I1). */
export function introspectHandlers(schema: readonly SchemaInfo[]): IntrospectHandlers<PlainContext> {
  return { "query-qmp-schema": () => schema };
}
