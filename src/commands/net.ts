/** Handlers of the schema module `net`: no network device is emulated. */

import type { NetHandlers } from "../qapi/generated/net.ts";
import type { PlainContext } from "../qmp/context.ts";
import { QmpError } from "../qmp/errors.ts";

export function netHandlers(): NetHandlers<PlainContext> {
  return {
    set_link({ name }) {
      throw new QmpError(`Device '${name}' not found`, "DeviceNotFound");
    },
  };
}
