/** What can be wrong with a plugin: it cannot be used, or it fails while it serves. */

/** A plugin cannot be loaded, or does not fit.  The message tells people which, what, and what to do. */
export class PluginError extends Error {
  override readonly name = "PluginError";
  readonly code = "PLUGIN";

  constructor(plugin: string, problem: string, options?: ErrorOptions) {
    super(`plugin ${plugin}: ${problem}`, options);
  }
}

/** A plugin's handler has a defect.  The client is told of an internal error; this goes to the log. */
export class PluginDefect extends Error {
  override readonly name = "PluginDefect";
  readonly code = "PLUGIN_DEFECT";

  constructor(plugin: string, problem: string, options?: ErrorOptions) {
    super(`plugin ${plugin}: ${problem}`, options);
  }
}
