/**
 * Whether a large message has to be read whole, asked of one whose large parts are placeholders (`qjson/unread.ts`).
 *
 * It has not when the reply is an error whatever they stand for: then neither the error nor the echoed `id` tells of
 * them, and dispatch, which does the same checks, ends in that error.
 */

import { UnreadError, unreadSize } from "../qjson/unread.ts";
import { isJsonObject, type JsonValue } from "../qjson/value.ts";
import { ID_BYTES_MAX } from "../util/limits.ts";
import { QmpError } from "./errors.ts";
import { isIdLarger, parseRequest, type Request, requestId } from "./messages.ts";
import type { CommandRegistry } from "./registry.ts";

/** `value` has placeholders.  `oobEnabled`: as for `parseRequest`. */
export function mustReadWhole(value: JsonValue, oobEnabled: boolean, registry: CommandRegistry): boolean {
  try {
    return mustRead(value, oobEnabled, registry);
  } catch (error) {
    if (error instanceof UnreadError) return true;
    throw error;
  }
}

function mustRead(value: JsonValue, oobEnabled: boolean, registry: CommandRegistry): boolean {
  let request: Request;
  try {
    request = parseRequest(value, oobEnabled);
  } catch (error) {
    if (error instanceof QmpError) return mustEcho(requestId(value));
    throw error;
  }
  if (request.id !== undefined && isIdLarger(request.id, ID_BYTES_MAX)) return false;
  if (mustEcho(request.id)) return true;
  const command = registry.find(request.command);
  if (command === undefined) return false;
  try {
    command.check?.(request.arguments);
  } catch (error) {
    if (error instanceof QmpError) return false;
    throw error;
  }
  return true;
}

/** Whether `id` has placeholders, and is small enough to be echoed.  They are at most one level down. */
function mustEcho(id: JsonValue | undefined): boolean {
  if (id === undefined || isIdLarger(id, ID_BYTES_MAX)) return false;
  if (unreadSize(id) !== undefined) return true;
  return isJsonObject(id) && Object.values(id).some((member) => unreadSize(member) !== undefined);
}
