/** A mistake of the one who configures the service.  The message is for people. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "CONFIG";
}
