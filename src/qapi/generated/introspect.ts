/**
 * Generated from schema/introspect.json by `npm run generate`: change the schema, not this file.
 */

import type { PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
  asAny,
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
  wrongValue,
} from "../runtime/unmarshal.ts";

/**
 * The sort of an entry.
 *
 * - `builtin`: a type of the language
 * - `enum`: an enumeration
 * - `array`: an array
 * - `object`: an object, a struct or a union
 * - `alternate`: a value of one type or another
 * - `command`: a command
 * - `event`: an event
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 42.
 */
export type SchemaMetaType = "builtin" | "enum" | "array" | "object" | "alternate" | "command" | "event";

export function unmarshalSchemaMetaType(input: Input, at: string, name: string | number): SchemaMetaType {
  switch (input) {
    case "builtin":
    case "enum":
    case "array":
    case "object":
    case "alternate":
    case "command":
    case "event":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * One entry.
 *
 * Members of every `SchemaInfo`.
 *
 * Source: schema/introspect.json, line 59.
 */
export type SchemaInfoBase = {
  /** a command's or event's name; for a type, what other entries call it */
  readonly name: string;
  /** its sort, which decides the other members */
  readonly "meta-type": SchemaMetaType;
  /** the entry's features */
  readonly features?: readonly string[];
};

/**
 * One entry.
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 59.
 */
export type SchemaInfo =
  | (SchemaInfoBase & { readonly "meta-type": "builtin" } & SchemaInfoBuiltin)
  | (SchemaInfoBase & { readonly "meta-type": "enum" } & SchemaInfoEnum)
  | (SchemaInfoBase & { readonly "meta-type": "array" } & SchemaInfoArray)
  | (SchemaInfoBase & { readonly "meta-type": "object" } & SchemaInfoObject)
  | (SchemaInfoBase & { readonly "meta-type": "alternate" } & SchemaInfoAlternate)
  | (SchemaInfoBase & { readonly "meta-type": "command" } & SchemaInfoCommand)
  | (SchemaInfoBase & { readonly "meta-type": "event" } & SchemaInfoEvent);

export function unmarshalSchemaInfo(input: Input, at: string, name: string | number): SchemaInfo {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const base = {} as Mutable<SchemaInfoBase>;
  base.name = asString(object.name, path, "name");
  base["meta-type"] = unmarshalSchemaMetaType(object["meta-type"], path, "meta-type");
  if (object.features !== undefined) base.features = asArray(object.features, path, "features", asString);
  switch (base["meta-type"]) {
    case "builtin": {
      const result = base as Mutable<Extract<SchemaInfo, { "meta-type": "builtin" }>>;
      result["json-type"] = unmarshalJSONType(object["json-type"], path, "json-type");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "name":
          case "meta-type":
          case "features":
          case "json-type":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "enum": {
      const result = base as Mutable<Extract<SchemaInfo, { "meta-type": "enum" }>>;
      result.members = asArray(object.members, path, "members", unmarshalSchemaInfoEnumMember);
      result.values = asArray(object.values, path, "values", asString);
      for (const member in firstMembers(object)) {
        switch (member) {
          case "name":
          case "meta-type":
          case "features":
          case "members":
          case "values":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "array": {
      const result = base as Mutable<Extract<SchemaInfo, { "meta-type": "array" }>>;
      result["element-type"] = asString(object["element-type"], path, "element-type");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "name":
          case "meta-type":
          case "features":
          case "element-type":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "object": {
      const result = base as Mutable<Extract<SchemaInfo, { "meta-type": "object" }>>;
      result.members = asArray(object.members, path, "members", unmarshalSchemaInfoObjectMember);
      if (object.tag !== undefined) result.tag = asString(object.tag, path, "tag");
      if (object.variants !== undefined) {
        result.variants = asArray(object.variants, path, "variants", unmarshalSchemaInfoObjectVariant);
      }
      for (const member in firstMembers(object)) {
        switch (member) {
          case "name":
          case "meta-type":
          case "features":
          case "members":
          case "tag":
          case "variants":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "alternate": {
      const result = base as Mutable<Extract<SchemaInfo, { "meta-type": "alternate" }>>;
      result.members = asArray(object.members, path, "members", unmarshalSchemaInfoAlternateMember);
      for (const member in firstMembers(object)) {
        switch (member) {
          case "name":
          case "meta-type":
          case "features":
          case "members":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "command": {
      const result = base as Mutable<Extract<SchemaInfo, { "meta-type": "command" }>>;
      result["arg-type"] = asString(object["arg-type"], path, "arg-type");
      result["ret-type"] = asString(object["ret-type"], path, "ret-type");
      if (object["allow-oob"] !== undefined) {
        result["allow-oob"] = asBoolean(object["allow-oob"], path, "allow-oob");
      }
      if (object.async !== undefined) result.async = asBoolean(object.async, path, "async");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "name":
          case "meta-type":
          case "features":
          case "arg-type":
          case "ret-type":
          case "allow-oob":
          case "async":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
    case "event": {
      const result = base as Mutable<Extract<SchemaInfo, { "meta-type": "event" }>>;
      result["arg-type"] = asString(object["arg-type"], path, "arg-type");
      for (const member in firstMembers(object)) {
        switch (member) {
          case "name":
          case "meta-type":
          case "features":
          case "arg-type":
            break;
          default:
            throw unexpected(path, member);
        }
      }
      return result;
    }
  }
}

/**
 * A type of the language.
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 81.
 */
export type SchemaInfoBuiltin = {
  /** how it looks on the wire */
  readonly "json-type": JSONType;
};

/**
 * How a value looks on the wire.
 *
 * - `string`: a string
 * - `number`: a number
 * - `int`: a number that is an integer
 * - `boolean`: true or false
 * - `null`: null
 * - `object`: an object
 * - `array`: an array
 * - `value`: any of them
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 106.
 */
export type JSONType = "string" | "number" | "int" | "boolean" | "null" | "object" | "array" | "value";

export function unmarshalJSONType(input: Input, at: string, name: string | number): JSONType {
  switch (input) {
    case "string":
    case "number":
    case "int":
    case "boolean":
    case "null":
    case "object":
    case "array":
    case "value":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * An enumeration.
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 125.
 */
export type SchemaInfoEnum = {
  /** its values */
  readonly members: readonly SchemaInfoEnumMember[];
  /**
   * the names of its values
   *
   * @deprecated `values` says less than `members`, which is to be used.
   */
  readonly values: readonly string[];
};

/**
 * A value of an enumeration.
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 140.
 */
export type SchemaInfoEnumMember = {
  /** the value */
  readonly name: string;
  /** its features */
  readonly features?: readonly string[];
};

export function unmarshalSchemaInfoEnumMember(
  input: Input,
  at: string,
  name: string | number,
): SchemaInfoEnumMember {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<SchemaInfoEnumMember>;
  result.name = asString(object.name, path, "name");
  if (object.features !== undefined) result.features = asArray(object.features, path, "features", asString);
  for (const member in firstMembers(object)) {
    switch (member) {
      case "name":
      case "features":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * An array.
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 152.
 */
export type SchemaInfoArray = {
  /** the type of what is in it */
  readonly "element-type": string;
};

/**
 * An object.
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 167.
 */
export type SchemaInfoObject = {
  /** the members that it has in any case */
  readonly members: readonly SchemaInfoObjectMember[];
  /** the member that decides which others it has */
  readonly tag?: string;
  /** the others, for each value of the tag */
  readonly variants?: readonly SchemaInfoObjectVariant[];
};

/**
 * A member of an object.
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 188.
 */
export type SchemaInfoObjectMember = {
  /** the member */
  readonly name: string;
  /** its type */
  readonly type: string;
  /**
   * present if the member may be left out; null, as the language has
   * no defaults
   */
  readonly default?: JsonValue;
  /** its features */
  readonly features?: readonly string[];
};

export function unmarshalSchemaInfoObjectMember(
  input: Input,
  at: string,
  name: string | number,
): SchemaInfoObjectMember {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<SchemaInfoObjectMember>;
  result.name = asString(object.name, path, "name");
  result.type = asString(object.type, path, "type");
  if (object.default !== undefined) result.default = asAny(object.default, path, "default");
  if (object.features !== undefined) result.features = asArray(object.features, path, "features", asString);
  for (const member in firstMembers(object)) {
    switch (member) {
      case "name":
      case "type":
      case "default":
      case "features":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Members that an object has for one value of its tag.
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 203.
 */
export type SchemaInfoObjectVariant = {
  /** the value */
  readonly case: string;
  /** an object type with the members */
  readonly type: string;
};

export function unmarshalSchemaInfoObjectVariant(
  input: Input,
  at: string,
  name: string | number,
): SchemaInfoObjectVariant {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<SchemaInfoObjectVariant>;
  result.case = asString(object.case, path, "case");
  result.type = asString(object.type, path, "type");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "case":
      case "type":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A value of one type or another.
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 215.
 */
export type SchemaInfoAlternate = {
  /** the types */
  readonly members: readonly SchemaInfoAlternateMember[];
};

/**
 * A type that an alternate may have.
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 227.
 */
export type SchemaInfoAlternateMember = {
  /** the type */
  readonly type: string;
};

export function unmarshalSchemaInfoAlternateMember(
  input: Input,
  at: string,
  name: string | number,
): SchemaInfoAlternateMember {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<SchemaInfoAlternateMember>;
  result.type = asString(object.type, path, "type");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "type":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * A command.
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 245.
 */
export type SchemaInfoCommand = {
  /** the type of its arguments */
  readonly "arg-type": string;
  /** the type of its result */
  readonly "ret-type": string;
  /** whether it can be run out of band; left out for false */
  readonly "allow-oob"?: boolean;
  /**
   * whether it is an async command, which leaves the row in a session
   * that negotiated it; left out for false.  Since 0.1, not in QEMU.
   */
  readonly async?: boolean;
};

/**
 * An event.
 *
 * Since: 0.1
 *
 * Source: schema/introspect.json, line 258.
 */
export type SchemaInfoEvent = {
  /** the type of its data */
  readonly "arg-type": string;
};

/**
 * Handlers of the commands in schema/introspect.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface IntrospectHandlers<P> {
  /**
   * Tells what can be sent and what comes back: every command and event, and
   * the types that they lead to.
   *
   * Returns: a list without order.  Names of types are numbers without meaning,
   * which may differ from one version to the next.
   *
   * Since: 0.1
   */
  readonly "query-qmp-schema": PlainHandler<NoMembers, readonly SchemaInfo[], P>;
}

function returnQueryQmpSchema(result: readonly SchemaInfo[]): JsonValue {
  return marshalResult(
    "query-qmp-schema",
    result,
    (input, at, name) => asArray(input, at, name, unmarshalSchemaInfo),
  );
}

function marshalQueryQmpSchema<P>(
  handler: PlainHandler<NoMembers, readonly SchemaInfo[], P>,
): PlainCommand<P> {
  return {
    name: "query-qmp-schema",
    kind: "plain",
    allowOob: false,
    allowPreconfig: true,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      asNoMembers(input, "", "");
    },
    call(input, context) {
      const args = asNoMembers(input, "", "");
      return returnQueryQmpSchema(handler(args, context));
    },
  };
}

/** Binds the commands in schema/introspect.json to their handlers. */
export function marshalIntrospectCommands<P>(handlers: IntrospectHandlers<P>): PlainCommand<P>[] {
  return [marshalQueryQmpSchema(handlers["query-qmp-schema"])];
}
