/**
 * Where the built thread entries are.  A worker's URL is made here alone: seen from the built tree, never
 * from a source file, since a worker that fails to load answers no call.
 */

export const MACHINE_THREAD = new URL("../../workers/machine.js", import.meta.url);
export const POOL_THREAD = new URL("../../workers/pool.js", import.meta.url);
