/**
 * Generated from schema/net.json by `npm run generate`: change the schema, not this file.
 */

import type { PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
  asBoolean,
  asObject,
  asString,
  firstMembers,
  type Input,
  marshalNothing,
  type Mutable,
  pathOf,
  unexpected,
} from "../runtime/unmarshal.ts";

/**
 * Plugs a network cable in, or pulls it out.
 *
 * Arguments of the command `set_link`.
 *
 * Source: schema/net.json, line 20.
 */
export type SetLinkArg = {
  /** the network device */
  readonly name: string;
  /** true to plug it in */
  readonly up: boolean;
};

export function unmarshalSetLinkArg(input: Input, at: string, name: string | number): SetLinkArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<SetLinkArg>;
  result.name = asString(object.name, path, "name");
  result.up = asBoolean(object.up, path, "up");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "name":
      case "up":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/net.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface NetHandlers<P> {
  /**
   * Plugs a network cable in, or pulls it out.
   *
   * Returns: nothing; DeviceNotFound if there is no such device.
   *
   * Since: 0.1
   */
  readonly set_link: PlainHandler<SetLinkArg, void, P>;
}

function marshalSetLink<P>(handler: PlainHandler<SetLinkArg, void, P>): PlainCommand<P> {
  return {
    name: "set_link",
    kind: "plain",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalSetLinkArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalSetLinkArg(input, "", "");
      handler(args, context);
      return marshalNothing();
    },
  };
}

/** Binds the commands in schema/net.json to their handlers. */
export function marshalNetCommands<P>(handlers: NetHandlers<P>): PlainCommand<P>[] {
  return [marshalSetLink(handlers.set_link)];
}
