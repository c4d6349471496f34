/**
 * Where the built thread entries are.  Their URLs are made here alone: seen from the built tree, never from a
 * source file, since a worker that fails to load answers no call.
 */

export interface ThreadEntries {
  /** Of test machines. */
  readonly machine: URL;
  /** Of a PC. */
  readonly pc: URL;
  readonly pool: URL;
}

export const THREAD_ENTRIES: ThreadEntries = {
  machine: new URL("../../workers/machine.js", import.meta.url),
  pc: new URL("../../workers/pc.js", import.meta.url),
  pool: new URL("../../workers/pool.js", import.meta.url),
};
