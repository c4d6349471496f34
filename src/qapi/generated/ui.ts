/**
 * Generated from schema/ui.json by `npm run generate`: change the schema, not this file.
 */

import type { AsyncCommand, AsyncHandler, PlainCommand, PlainHandler } from "../runtime/command.ts";
import {
  asInt64,
  asNoMembers,
  asObject,
  asString,
  asText,
  firstMembers,
  type Input,
  type Int64,
  type JsonText,
  type JsonValue,
  marshalNothing,
  marshalResult,
  type Mutable,
  type NoMembers,
  pathOf,
  unexpected,
  wrongValue,
} from "../runtime/unmarshal.ts";

/**
 * How a picture is written down.
 *
 * - `ppm`: without compression
 * - `png`: compressed, without loss
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 18.
 */
export type ImageFormat = "ppm" | "png";

export function unmarshalImageFormat(input: Input, at: string, name: string | number): ImageFormat {
  switch (input) {
    case "ppm":
    case "png":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * A picture of a display.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 64.
 */
export type ScreendumpData = {
  /** the file's bytes, in base64 */
  readonly data: string | JsonText;
  /** in pixels */
  readonly width: Int64;
  /** in pixels */
  readonly height: Int64;
  /** how the picture is written down */
  readonly format: ImageFormat;
};

export function unmarshalScreendumpData(input: Input, at: string, name: string | number): ScreendumpData {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ScreendumpData>;
  result.data = asText(object.data, path, "data");
  result.width = asInt64(object.width, path, "width");
  result.height = asInt64(object.height, path, "height");
  result.format = unmarshalImageFormat(object.format, path, "format");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "data":
      case "width":
      case "height":
      case "format":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * What shows the displays to somebody at this computer.
 *
 * - `none`: nothing does
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 98.
 */
export type DisplayType = "none";

export function unmarshalDisplayType(input: Input, at: string, name: string | number): DisplayType {
  switch (input) {
    case "none":
      return input;
    default:
      throw wrongValue(input, at, name);
  }
}

/**
 * How the displays are shown.
 *
 * Since: 0.1
 *
 * Source: schema/ui.json, line 109.
 */
export type DisplayOptions = {
  /** by what */
  readonly type: DisplayType;
};

export function unmarshalDisplayOptions(input: Input, at: string, name: string | number): DisplayOptions {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<DisplayOptions>;
  result.type = unmarshalDisplayType(object.type, path, "type");
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
 * Writes a picture of a display to a file.  The picture shows the display as
 * it is after the command arrived, whole.  The file is complete when the
 * reply comes; if it cannot be completed, no new file is left behind, and
 * one that was there is left empty.
 *
 * Arguments of the command `screendump`.
 *
 * Source: schema/ui.json, line 44.
 */
export type ScreendumpArg = {
  /** the file */
  readonly filename: string;
  /** the id of the display's device; the first display if left out */
  readonly device?: string;
  /** which head of the device, from 0; only together with `device` */
  readonly head?: Int64;
  /** 'ppm' if left out */
  readonly format?: ImageFormat;
};

export function unmarshalScreendumpArg(input: Input, at: string, name: string | number): ScreendumpArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ScreendumpArg>;
  result.filename = asString(object.filename, path, "filename");
  if (object.device !== undefined) result.device = asString(object.device, path, "device");
  if (object.head !== undefined) result.head = asInt64(object.head, path, "head");
  if (object.format !== undefined) result.format = unmarshalImageFormat(object.format, path, "format");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "filename":
      case "device":
      case "head":
      case "format":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Answers with a picture of a display, for clients that share no files with
 * this program.  Apart from that it is the command screendump.
 *
 * Arguments of the command `screendump-data`.
 *
 * Source: schema/ui.json, line 84.
 */
export type ScreendumpDataArg = {
  /** the id of the display's device; the first display if left out */
  readonly device?: string;
  /** which head of the device, from 0; only together with `device` */
  readonly head?: Int64;
  /** 'ppm' if left out */
  readonly format?: ImageFormat;
};

export function unmarshalScreendumpDataArg(
  input: Input,
  at: string,
  name: string | number,
): ScreendumpDataArg {
  const object = asObject(input, at, name);
  const path = pathOf(at, name);
  const result = {} as Mutable<ScreendumpDataArg>;
  if (object.device !== undefined) result.device = asString(object.device, path, "device");
  if (object.head !== undefined) result.head = asInt64(object.head, path, "head");
  if (object.format !== undefined) result.format = unmarshalImageFormat(object.format, path, "format");
  for (const member in firstMembers(object)) {
    switch (member) {
      case "device":
      case "head":
      case "format":
        break;
      default:
        throw unexpected(path, member);
    }
  }
  return result;
}

/**
 * Handlers of the commands in schema/ui.json.
 * `P`: the context of a plain command; `C`: of any other.
 */
export interface UiHandlers<P, C> {
  /**
   * Writes a picture of a display to a file.  The picture shows the display as
   * it is after the command arrived, whole.  The file is complete when the
   * reply comes; if it cannot be completed, no new file is left behind, and
   * one that was there is left empty.
   *
   * Since: 0.1
   *
   * Example:
   * ```
   * -> { "execute": "screendump", "id": "shot",
   *      "arguments": { "filename": "/tmp/screen.png", "format": "png" } }
   * <- { "return": {}, "id": "shot" }
   * ```
   */
  readonly screendump: AsyncHandler<ScreendumpArg, void, C>;

  /**
   * Answers with a picture of a display, for clients that share no files with
   * this program.  Apart from that it is the command screendump.
   *
   * Returns: the picture.
   *
   * Since: 0.1
   */
  readonly "screendump-data": AsyncHandler<ScreendumpDataArg, ScreendumpData, C>;

  /**
   * Tells how the displays are shown.
   *
   * Returns: how they are.
   *
   * Since: 0.1
   */
  readonly "query-display-options": PlainHandler<NoMembers, DisplayOptions, P>;
}

function marshalScreendump<C>(handler: AsyncHandler<ScreendumpArg, void, C>): AsyncCommand<C> {
  return {
    name: "screendump",
    kind: "async",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalScreendumpArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalScreendumpArg(input, "", "");
      context.begin(handler.resources?.(args, context), () => handler.handle(args, context), marshalNothing);
    },
  };
}

function returnScreendumpData(result: ScreendumpData): JsonValue {
  return marshalResult("screendump-data", result, unmarshalScreendumpData);
}

function marshalScreendumpData<C>(
  handler: AsyncHandler<ScreendumpDataArg, ScreendumpData, C>,
): AsyncCommand<C> {
  return {
    name: "screendump-data",
    kind: "async",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    check(input) {
      unmarshalScreendumpDataArg(input, "", "");
    },
    call(input, context) {
      const args = unmarshalScreendumpDataArg(input, "", "");
      context.begin(
        handler.resources?.(args, context),
        () => handler.handle(args, context),
        returnScreendumpData,
      );
    },
  };
}

function returnQueryDisplayOptions(result: DisplayOptions): JsonValue {
  return marshalResult("query-display-options", result, unmarshalDisplayOptions);
}

function marshalQueryDisplayOptions<P>(
  handler: PlainHandler<NoMembers, DisplayOptions, P>,
): PlainCommand<P> {
  return {
    name: "query-display-options",
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
      return returnQueryDisplayOptions(handler(args, context));
    },
  };
}

/** Binds the commands in schema/ui.json to their handlers. */
export function marshalUiCommands<P, C>(handlers: UiHandlers<P, C>): (PlainCommand<P> | AsyncCommand<C>)[] {
  return [
    marshalScreendump(handlers.screendump),
    marshalScreendumpData(handlers["screendump-data"]),
    marshalQueryDisplayOptions(handlers["query-display-options"]),
  ];
}
