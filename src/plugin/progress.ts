/** How far a command has got, as a plugin tells it. */

import type { Progress } from "../qmp/context.ts";

export type { Progress };

/** Throws for what could not be told to a client: both are whole numbers, from 0 to the total. */
export function checkProgress({ current, total }: Progress): void {
  const areWhole = Number.isSafeInteger(current) && Number.isSafeInteger(total);
  if (areWhole && current >= 0 && current <= total) return;
  throw new RangeError(`progress ${current} of ${total} cannot be: use whole numbers, from 0 to the total`);
}
