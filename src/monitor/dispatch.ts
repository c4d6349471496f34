/**
 * Dispatch: the command that a request names, if it may run now (rules N2, L7).
 */

import { NEGOTIATION_COMMAND } from "../qmp/capabilities.ts";
import { QmpError } from "../qmp/errors.ts";
import type { Request } from "../qmp/messages.ts";
import type { MonitorCommand } from "../qmp/registry.ts";
import type { SessionServices } from "./session-services.ts";

/** Throws `QmpError` when there is no such command, or not in this state of the session or the machine. */
export function findCommand(
  request: Request,
  isNegotiating: boolean,
  services: Pick<SessionServices, "registry" | "isPreconfig">,
): MonitorCommand {
  if (isNegotiating && request.command !== NEGOTIATION_COMMAND) {
    throw new QmpError(`Expecting capabilities negotiation with '${NEGOTIATION_COMMAND}'`, "CommandNotFound");
  }
  const command = services.registry.find(request.command);
  if (command === undefined) {
    throw new QmpError(`The command ${request.command} has not been found`, "CommandNotFound");
  }
  if (request.oob && !command.allowOob) {
    throw new QmpError(`The command ${request.command} does not support OOB`);
  }
  if (!command.allowPreconfig && services.isPreconfig()) {
    throw new QmpError(
      `The command '${request.command}' is permitted only after machine initialization has completed`,
    );
  }
  return command;
}
