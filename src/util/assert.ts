/**
 * Assertions: the third kind of error, a defect of this program.  A client's mistake is a `QmpError`,
 * a schema author's a `QapiSchemaError`; neither is ever an assertion.
 */

export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws {@link AssertionError} when `condition` does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Ends a switch over a union: a new member does not compile until the switch has its case. */
export function assertNever(value: never): never {
  throw new AssertionError(`unexpected value ${String(value)}`);
}
