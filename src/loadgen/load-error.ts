/** What somebody asked of the load generator cannot be done: a sentence for them, that says what would be right. */

export class LoadError extends Error {
  override readonly name: string = "LoadError";
}

/** What they typed is wrong, whatever servers and files there are. */
export class UsageError extends LoadError {
  override readonly name = "UsageError";
}
