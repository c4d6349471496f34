/**
 * `qmpd/plugin`: what authors of plugins import.
 */

export { QmpError, type QmpErrorClass } from "../qapi/runtime/error.ts";
export type { JsonObject, JsonValue } from "../qapi/runtime/unmarshal.ts";
export {
  definePlugin,
  type Plugin,
  type PluginContext,
  type PluginDefinition,
  type PluginMachine,
  type PluginPlainContext,
} from "./plugin.ts";
export type { Progress } from "./progress.ts";
export type { Task, TaskContext } from "./task.ts";
