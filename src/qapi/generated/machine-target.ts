/**
 * Generated from schema/machine-target.json by `npm run generate`: change the schema, not this file.
 */

import type { PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
  asArray,
  asBoolean,
  asNoMembers,
  asObject,
  asString,
  firstMembers,
  type Input,
  type JsonValue,
  marshalResult,
  type Mutable,
  type NoMembers,
  pathOf,
  unexpected,
} from "../runtime/unmarshal.ts";

/**
 * A processor that can be emulated.
 *
 * Since: 0.1
 *
 * Source: schema/machine-target.json, line 29.
 */
export type CpuDefinitionInfo = {
  /** what it is called */
  readonly name: string;
  /**
   * whether it is the same on every computer and in every
   * version of this program
   */
  readonly "migration-safe"?: boolean;
  /** whether its features are the same for ever */
  readonly static: boolean;
  /** what keeps it from running on this computer */
  readonly "unavailable-features"?: readonly string[];
  /** its type, among those that qom-list-types tells */
  readonly typename: string;
  /** the processor that it is another name for */
  readonly "alias-of"?: string;
  /** whether it will be removed some day */
  readonly deprecated: boolean;
};

export function unmarshalCpuDefinitionInfo(
  input: Input,
  at: string,
  name: string | number,
): CpuDefinitionInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<CpuDefinitionInfo>;
  result.name = asString(object.name, path, "name");
  if (object["migration-safe"] !== undefined) {
    result["migration-safe"] = asBoolean(object["migration-safe"], path, "migration-safe");
  }
  result.static = asBoolean(object.static, path, "static");
  if (object["unavailable-features"] !== undefined) {
    result["unavailable-features"] = asArray(
      object["unavailable-features"],
      path,
      "unavailable-features",
      asString,
    );
  }
  result.typename = asString(object.typename, path, "typename");
  if (object["alias-of"] !== undefined) result["alias-of"] = asString(object["alias-of"], path, "alias-of");
  result.deprecated = asBoolean(object.deprecated, path, "deprecated");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "name":
      case "migration-safe":
      case "static":
      case "unavailable-features":
      case "typename":
      case "alias-of":
      case "deprecated":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/machine-target.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface MachineTargetHandlers<P> {
  /**
   * Lists the processors that can be emulated.
   *
   * Returns: one entry for each processor.
   *
   * Since: 0.1
   */
  readonly "query-cpu-definitions": PlainHandler<NoMembers, readonly CpuDefinitionInfo[], P>;
}

function returnQueryCpuDefinitions(result: readonly CpuDefinitionInfo[]): JsonValue {
  return marshalResult(
    "query-cpu-definitions",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalCpuDefinitionInfo),
  );
}

function marshalQueryCpuDefinitions<P>(
  handler: PlainHandler<NoMembers, readonly CpuDefinitionInfo[], P>,
): PlainCommand<P> {
  return {
    name: "query-cpu-definitions",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      return returnQueryCpuDefinitions(handler(args, context));
    },
  };
}

/** Binds the commands in schema/machine-target.json to their handlers. */
export function marshalMachineTargetCommands<P>(handlers: MachineTargetHandlers<P>): PlainCommand<P>[] {
  return [marshalQueryCpuDefinitions(handlers["query-cpu-definitions"])];
}
