/** Where the built entry of a load thread is, seen from the built tree. */

export const LOAD_THREAD_ENTRY = new URL("../../workers/load.js", import.meta.url);
