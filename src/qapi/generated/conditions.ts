/**
 * Generated from schema/qapi-schema.json by `npm run generate`: change the schema, not this file.
 */

/** The conditions that the schema's `if` clauses ask for: whether each holds in this process. */
export interface Conditions {
  readonly QTEST: boolean;
}
