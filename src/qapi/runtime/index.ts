/**
 * `qmpd/qapi`: what the generated code of somebody else's schema imports, by the name of this package.  The
 * program's own generated code names the files.
 */

export type * from "./command.ts";
export * from "./unmarshal.ts";
