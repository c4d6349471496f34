/** The work was given up because its cancel flag was set; nothing is wrong. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";
}
