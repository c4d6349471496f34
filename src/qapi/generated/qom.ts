/**
 * Generated from schema/qom.json by `npm run generate`: change the schema, not this file.
 */

import type { AsyncCommand, AsyncHandler } from "../runtime/command.ts";
import {
  asAny,
  asArray,
  asBoolean,
  asObject,
  asString,
  firstMembers,
  type Input,
  type JsonValue,
  marshalNothing,
  marshalResult,
  type Mutable,
  pathOf,
  unexpected,
} from "../runtime/unmarshal.ts";

/**
 * A property of an object.
 *
 * Since: 0.1
 *
 * Source: schema/qom.json, line 23.
 */
export type ObjectPropertyInfo = {
  /** the property */
  readonly name: string;
  /**
   * its type.  'child<TYPE>' is an object below this one, 'link<TYPE>'
   * leads to one elsewhere.
   */
  readonly type: string;
  /** what it is, for people */
  readonly description?: string;
  /** what it is unless somebody sets it */
  readonly "default-value"?: JsonValue;
};

export function unmarshalObjectPropertyInfo(
  input: Input,
  at: string,
  name: string | number,
): ObjectPropertyInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ObjectPropertyInfo>;
  result.name = asString(object.name, path, "name");
  result.type = asString(object.type, path, "type");
  if (object.description !== undefined) {
    result.description = asString(object.description, path, "description");
  }
  if (object["default-value"] !== undefined) {
    result["default-value"] = asAny(object["default-value"], path, "default-value");
  }
  for (const member in firstMembers(object)) {
    switch (member) {
      case "name":
      case "type":
      case "description":
      case "default-value":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A type of objects.
 *
 * Since: 0.1
 *
 * Source: schema/qom.json, line 91.
 */
export type ObjectTypeInfo = {
  /** the type */
  readonly name: string;
  /**
   * whether there are only objects of types below it; left out for
   * false
   */
  readonly abstract?: boolean;
  /** the type above it */
  readonly parent?: string;
};

export function unmarshalObjectTypeInfo(input: Input, at: string, name: string | number): ObjectTypeInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ObjectTypeInfo>;
  result.name = asString(object.name, path, "name");
  if (object.abstract !== undefined) result.abstract = asBoolean(object.abstract, path, "abstract");
  if (object.parent !== undefined) result.parent = asString(object.parent, path, "parent");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "name":
      case "abstract":
      case "parent":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Lists the properties of an object.
 *
 * Arguments of the command `qom-list`.
 *
 * Source: schema/qom.json, line 39.
 */
export type QomListArg = {
  /**
   * the object: its path from the root, or the end of it if that is
   * enough to tell
   */
  readonly path: string;
};

export function unmarshalQomListArg(input: Input, at: string, name: string | number): QomListArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<QomListArg>;
  result.path = asString(object.path, path, "path");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "path":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Reads a property of an object.
 *
 * Arguments of the command `qom-get`.
 *
 * Source: schema/qom.json, line 56.
 */
export type QomGetArg = {
  /** the object, as for qom-list */
  readonly path: string;
  /** the property */
  readonly property: string;
};

export function unmarshalQomGetArg(input: Input, at: string, name: string | number): QomGetArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<QomGetArg>;
  result.path = asString(object.path, path, "path");
  result.property = asString(object.property, path, "property");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "path":
      case "property":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Sets a property of an object.
 *
 * Arguments of the command `qom-set`.
 *
 * Source: schema/qom.json, line 73.
 */
export type QomSetArg = {
  /** the object, as for qom-list */
  readonly path: string;
  /** the property */
  readonly property: string;
  /** its new value */
  readonly value: JsonValue;
};

export function unmarshalQomSetArg(input: Input, at: string, name: string | number): QomSetArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<QomSetArg>;
  result.path = asString(object.path, path, "path");
  result.property = asString(object.property, path, "property");
  result.value = asAny(object.value, path, "value");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "path":
      case "property":
      case "value":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Lists types of objects.
 *
 * Arguments of the command `qom-list-types`.
 *
 * Source: schema/qom.json, line 107.
 */
export type QomListTypesArg = {
  /** only types below this one */
  readonly implements?: string;
  /** abstract types too */
  readonly abstract?: boolean;
};

export function unmarshalQomListTypesArg(input: Input, at: string, name: string | number): QomListTypesArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<QomListTypesArg>;
  if (object.implements !== undefined) result.implements = asString(object.implements, path, "implements");
  if (object.abstract !== undefined) result.abstract = asBoolean(object.abstract, path, "abstract");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "implements":
      case "abstract":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/qom.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface QomHandlers<C> {
  /**
   * Lists the properties of an object.
   *
   * Returns: its properties; DeviceNotFound if there is no such object.
   *
   * Since: 0.1
   */
  readonly "qom-list": AsyncHandler<QomListArg, readonly ObjectPropertyInfo[], C>;

  /**
   * Reads a property of an object.
   *
   * Returns: its value; for 'child' and 'link', the path of that object.
   *
   * Since: 0.1
   */
  readonly "qom-get": AsyncHandler<QomGetArg, JsonValue, C>;

  /**
   * Sets a property of an object.
   *
   * Since: 0.1
   */
  readonly "qom-set": AsyncHandler<QomSetArg, void, C>;

  /**
   * Lists types of objects.
   *
   * Returns: the types.
   *
   * Since: 0.1
   */
  readonly "qom-list-types": AsyncHandler<QomListTypesArg, readonly ObjectTypeInfo[], C>;
}

function returnQomList(result: readonly ObjectPropertyInfo[]): JsonValue {
  return marshalResult(
    "qom-list",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalObjectPropertyInfo),
  );
}

function marshalQomList<C>(
  handler: AsyncHandler<QomListArg, readonly ObjectPropertyInfo[], C>,
): AsyncCommand<C> {
  return {
    name: "qom-list",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalQomListArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalQomListArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), returnQomList);
    },
  };
}

function returnQomGet(result: JsonValue): JsonValue {
  return marshalResult("qom-get", result, asAny);
}

function marshalQomGet<C>(handler: AsyncHandler<QomGetArg, JsonValue, C>): AsyncCommand<C> {
  return {
    name: "qom-get",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalQomGetArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalQomGetArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), returnQomGet);
    },
  };
}

function marshalQomSet<C>(handler: AsyncHandler<QomSetArg, void, C>): AsyncCommand<C> {
  return {
    name: "qom-set",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalQomSetArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalQomSetArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function returnQomListTypes(result: readonly ObjectTypeInfo[]): JsonValue {
  return marshalResult(
    "qom-list-types",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalObjectTypeInfo),
  );
}

function marshalQomListTypes<C>(
  handler: AsyncHandler<QomListTypesArg, readonly ObjectTypeInfo[], C>,
): AsyncCommand<C> {
  return {
    name: "qom-list-types",
    kind: "coroutine",
    allowOob: false,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalQomListTypesArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalQomListTypesArg(input, "", "");
      context.begin(
        handler.resources?.(args, context),
        () => handler.handle(args, context),
        returnQomListTypes,
      );
    },
  };
}

/** Binds the commands in schema/qom.json to their handlers. */
export function marshalQomCommands<C>(handlers: QomHandlers<C>): AsyncCommand<C>[] {
  return [
    marshalQomList(handlers["qom-list"]),
    marshalQomGet(handlers["qom-get"]),
    marshalQomSet(handlers["qom-set"]),
    marshalQomListTypes(handlers["qom-list-types"]),
  ];
}
