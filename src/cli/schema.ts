/**
 * `qmpd schema`: the schema compiler for people and for their CI.
 *
 * Results go to standard output; a schema author's mistake goes to standard error as `FILE:LINE: reason`, and
 * the exit status is 1, as it is for every error.  `diff` ends with 2 when it found an incompatible change.
 */

import type { Command } from "commander";
import { type AnswerEntry, isAnswer, parseAnswer } from "../qapi/compiler/compare/answer.ts";
import { type Change, compareAnswers } from "../qapi/compiler/compare/compare.ts";
import { compile, IN_A_PLUGIN, loadSchema } from "../qapi/compiler/compile.ts";
import { conditionsOf } from "../qapi/compiler/generate/conditions.ts";
import { introspect } from "../qapi/compiler/generate/introspection.ts";
import { writeMarkdown } from "../qapi/compiler/generate/markdown.ts";
import type { Schema } from "../qapi/compiler/model.ts";
import { QapiSchemaError } from "../qapi/compiler/source.ts";
import { endWithError } from "./command-error.ts";
import { NotGeneratedError, readSchemaFile, reasonOf, updateFolder } from "./schema-files.ts";

const STATUS_ERROR = 1;
const STATUS_INCOMPATIBLE = 2;

const EXAMPLES = `
Examples:
  qmpd schema check my-commands.json
      says what is wrong, as FILE:LINE: reason, or counts what there is
  qmpd schema compile my-commands.json --out generated
      writes TypeScript, only what has changed; with --check it writes nothing, and fails if it would
  qmpd schema introspect my-commands.json --define HAVE_PARTS
      prints what query-qmp-schema answers where HAVE_PARTS holds
  qmpd schema doc my-commands.json > my-commands.md
  qmpd schema diff released.json my-commands.json
      lists what was added, removed and changed; either may be a saved answer of query-qmp-schema

Exit status: 0 if all is well, 1 after an error, 2 if diff found an incompatible change.
docs/schema.md explains the language.
`;

interface DefineOption {
  readonly define: readonly string[];
}

const DEFINE = [
  "--define <NAME>",
  "a condition ('if') that holds; may be repeated, and all others do not hold",
] as const;

export function addSchemaCommands(schema: Command): void {
  schema.addHelpText("after", EXAMPLES);
  schema
    .command("check <file>")
    .description("Says whether a schema is right, and what is wrong with it.")
    .action((file: string, _, command: Command) => run(command, () => check(file)));
  schema
    .command("compile <file>")
    .description("Makes TypeScript of a schema: types, checks, introspection.")
    .requiredOption("--out <dir>", "the folder of the generated files")
    .option("--check", "write nothing, and fail if something would be written")
    .action((file: string, options: { readonly out: string; readonly check?: true }, command: Command) =>
      run(command, () => compileTo(file, options.out, options.check === true)),
    );
  schema
    .command("introspect <file>")
    .description("Prints, as JSON, what query-qmp-schema answers of a schema.")
    .option(...DEFINE, collect, [])
    .action((file: string, { define }: DefineOption, command: Command) =>
      run(command, () => {
        const loaded = loadSchema(file, readSchemaFile);
        refuseUnknown(command, define, conditionsOf(loaded));
        print(JSON.stringify(introspect(loaded, new Set(define)), undefined, 2));
      }),
    );
  schema
    .command("doc <file>")
    .description("Prints a schema's documentation, as Markdown.")
    .action((file: string, _, command: Command) =>
      run(command, () => process.stdout.write(writeMarkdown(loadSchema(file, readSchemaFile)))),
    );
  schema
    .command("diff <before> <after>")
    .description("Lists what was added, removed, changed; ends with 2 if a client would notice.")
    .option(...DEFINE, collect, [])
    .addHelpText(
      "after",
      "\nBoth are schemas, or saved answers of query-qmp-schema (the array, or the whole reply).",
    )
    .action((before: string, after: string, { define }: DefineOption, command: Command) =>
      run(command, () => diff(before, after, define, command)),
    );
}

function collect(name: string, before: readonly string[]): string[] {
  return [...before, name];
}

/** A schema author's mistake stands as compilers put it, others are the program's own to tell. */
function run(command: Command, action: () => void): void {
  // Who reads may have had enough: `qmpd schema doc FILE | head`.
  process.stdout.on("error", () => process.exit(STATUS_ERROR));
  try {
    action();
  } catch (error) {
    if (error instanceof QapiSchemaError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = STATUS_ERROR;
    } else if (error instanceof NotGeneratedError) {
      endWithError(command, error.message, false);
    } else if (error instanceof Error && "syscall" in error && "path" in error) {
      endWithError(command, `${error.path}: ${reasonOf(error)}`, false);
    } else {
      throw error;
    }
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function check(file: string): void {
  const { commands, events, types, files } = loadSchema(file, readSchemaFile);
  const counts = [
    counted(commands.length, "command"),
    counted(events.length, "event"),
    counted(types.length, "type"),
  ];
  print(`${file}: ${counts.join(", ")} in ${counted(files.length, "file")}`);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function compileTo(file: string, folder: string, check: boolean): void {
  const changes = updateFolder(folder, compile(file, readSchemaFile, IN_A_PLUGIN), { check });
  for (const [path, change] of changes) print(check ? `${path} would be ${change}` : `${path} ${change}`);
  if (!check || changes.size === 0) return;
  process.stderr.write(`${folder} is not what ${file} says: compile it without --check\n`);
  process.exitCode = STATUS_ERROR;
}

/** A name that no `if` asks for is a slip: it would change nothing, without a word. */
function refuseUnknown(command: Command, define: readonly string[], known: readonly string[]): void {
  const unknown = define.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const names = known.length === 0 ? "there are none" : `there are ${known.join(", ")}`;
  endWithError(command, `no 'if' asks for the condition '${unknown}': ${names}`, true);
}

// ---- diff ----

interface DiffSide {
  readonly entries: readonly AnswerEntry[];
  readonly conditions: readonly string[];
}

function readSide(file: string, define: readonly string[]): DiffSide {
  let text: string | undefined;
  const readFile = (path: string): string => {
    if (path === file && text !== undefined) return text;
    return readSchemaFile(path);
  };
  try {
    text = readSchemaFile(file);
  } catch {
    // The compiler reads it again, and tells what is the matter in its own form.
  }
  if (text !== undefined && isAnswer(text)) return { entries: parseAnswer(file, text), conditions: [] };
  const schema: Schema = loadSchema(file, readFile);
  return {
    entries: parseAnswer(file, JSON.stringify(introspect(schema, new Set(define)))),
    conditions: conditionsOf(schema),
  };
}

function diff(beforeFile: string, afterFile: string, define: readonly string[], command: Command): void {
  const before = readSide(beforeFile, define);
  const after = readSide(afterFile, define);
  refuseUnknown(command, define, [...new Set([...before.conditions, ...after.conditions])].sort());
  const changes = compareAnswers(before.entries, after.entries);
  const incompatible = changes.filter(({ compatible }) => !compatible);
  const others = changes.filter(({ compatible }) => compatible);
  for (const change of [...incompatible, ...others]) print(describe(change));
  print(
    `${counted(incompatible.length, "incompatible change")}, ${counted(others.length, "compatible change")}`,
  );
  if (incompatible.length > 0) process.exitCode = STATUS_INCOMPATIBLE;
}

function describe({ kind, compatible, subject, what }: Change): string {
  const verdict = compatible ? "compatible:  " : "incompatible:";
  return `${verdict} ${subject}${what === "" ? ` is ${kind}` : `: ${what}`}`;
}
