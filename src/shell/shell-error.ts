/** What somebody typed cannot be sent: a sentence for them, that says what would be right. */

export class ShellError extends Error {
  override readonly name = "ShellError";
}
