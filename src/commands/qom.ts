/** Handlers of the schema module `qom`: the tree of what is emulated, asked where it is. */

import type { QomValue } from "../offload/contract.ts";
import type { QomHandlers } from "../qapi/generated/qom.ts";
import type { JsonValue } from "../qjson/value.ts";
import { isJsonObject, JsonDouble } from "../qjson/value.ts";
import type { CommandContext } from "../qmp/context.ts";
import { ERROR_DESC_LEN_MAX } from "../util/limits.ts";
import type { MachineControl } from "./machine-control.ts";
import { fromThread, machineValue } from "./results.ts";

export function qomHandlers({ handle }: MachineControl): QomHandlers<CommandContext> {
  return {
    "qom-list": {
      handle: async ({ path }) => [...machineValue(await fromThread(handle.qomList(asked(path))))],
    },
    "qom-get": {
      handle: async ({ path, property }) =>
        machineValue(await fromThread(handle.qomGet(asked(path), asked(property)))),
    },
    "qom-set": {
      handle: async ({ path, property, value }) =>
        machineValue(await fromThread(handle.qomSet(asked(path), asked(property), plainValue(value)))),
    },
    "qom-list-types": {
      async handle({ implements: implementing, abstract = false }) {
        const types = await fromThread(handle.qomListTypes(implementing && asked(implementing), abstract));
        return types.map(({ name, parent, abstract: isAbstract }) => ({
          name,
          ...(isAbstract ? { abstract: true } : {}),
          ...(parent === undefined ? {} : { parent }),
        }));
      },
    },
  };
}

/**
 * A path or a name as the machine's thread is asked for it: of one that is longer than any, what the reply's error tells.
 * Megabytes would be copied on their way there, and back.
 */
function asked(name: string): string {
  return name.slice(0, ERROR_DESC_LEN_MAX + 1);
}

/** A value as another thread can take it: a class of ours would arrive as a bare object. */
function plainValue(value: JsonValue): QomValue {
  if (value instanceof JsonDouble) return value.value;
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isJsonObject(value)) return value as QomValue;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, plainValue(member ?? null)]),
  );
}
