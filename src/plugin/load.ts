/**
 * Loading a plugin's file, and telling what is wrong with it: a `PluginError` says which plugin, what, where and
 * what to do.
 */

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PluginError } from "./errors.ts";
import { type CheckedDefinition, definitionOf } from "./plugin.ts";

/** What authors import, of this copy of the program. */
const PACKAGE_ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const DEFAULT_EXPORT = `write "export default definePlugin({ ... })", with definePlugin from "qmpd/plugin"`;

/** Loads the plugin that a file exports.  A relative path begins at the working directory. */
export async function loadPluginFile(file: string): Promise<CheckedDefinition> {
  const path = resolve(file);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new PluginError(file, `there is no file ${path}`);
  }
  if (path.endsWith(".json")) {
    throw new PluginError(
      file,
      "it is no JavaScript: of a schema, give the file with the handlers, as it is built",
    );
  }
  let module: object;
  try {
    module = await import(pathToFileURL(path).href);
  } catch (cause) {
    throw new PluginError(file, loadFault(cause), { cause });
  }
  return checkDefinition(file, "default" in module ? module.default : undefined);
}

/** `name`: what messages call it as long as it has not told its own. */
export function checkDefinition(name: string, plugin: unknown): CheckedDefinition {
  if (plugin === undefined) throw new PluginError(name, `it has no default export: ${DEFAULT_EXPORT}`);
  const definition = definitionOf(plugin);
  if (definition === undefined) {
    throw new PluginError(
      name,
      `it is not made by definePlugin of the qmpd that runs, in ${PACKAGE_ROOT}: ${DEFAULT_EXPORT} of that copy`,
    );
  }
  const { name: own, schema, createHandlers } = definition;
  const need = (holds: boolean, what: string): void => {
    if (!holds) throw new PluginError(name, `definePlugin is not given ${what}`);
  };
  need(typeof own === "string" && own !== "", "a 'name'");
  need(typeof schema === "object" && schema !== null, "a 'schema'");
  for (const part of ["marshalCommands", "schemaInfo"] as const) {
    need(typeof schema[part] === "function", `'schema.${part}' of the code that 'qmpd schema compile' makes`);
  }
  need(typeof createHandlers === "function", "a function 'createHandlers'");
  return definition;
}

function loadFault(error: unknown): string {
  if (!(error instanceof Error)) return `it throws while it is loaded: ${String(error)}`;
  const code = "code" in error ? error.code : undefined;
  if (code === "ERR_UNKNOWN_FILE_EXTENSION") {
    return "Node.js cannot run it as it is: build it, and give the JavaScript file that comes out";
  }
  const what =
    code === "ERR_MODULE_NOT_FOUND" ? "it imports what is not there" : "it throws while it is loaded";
  return `${what}: ${error.name}: ${error.message}${placeOf(error)}`;
}

/** Where an error arose: the first place in a file that its stack tells. */
function placeOf(error: Error): string {
  const [, file, line] = /(file:\/\/[^\s)]+?):(\d+)/.exec(error.stack ?? "") ?? [];
  if (file !== undefined) return ` (${fileURLToPath(file)}, line ${line})`;
  // Node.js keeps the place of some to itself.
  return error instanceof SyntaxError ? `; "node --check" on it or what it imports shows the line` : "";
}
