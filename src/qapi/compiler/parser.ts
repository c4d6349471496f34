/**
 * Pass 1, parser: schema files to expressions.
 *
 * In: the name of the main file, and a function that reads one.  `include` and `pragma` are carried out
 * here.  Guaranteed afterwards: an expression is an object, a documentation comment with a symbol is
 * followed by an expression.  Next: the expressions pass.
 */

import { Doc, DocError } from "./doc.ts";
import { Lexer } from "./lexer.ts";
import { NESTING_LEVELS_MAX, QapiSchemaError, type SourceLocation } from "./source.ts";

/** A value of the language.  An object is a Map: its members keep their order, and no name is special. */
export type SchemaValue = string | boolean | readonly SchemaValue[] | SchemaObject;
export type SchemaObject = ReadonlyMap<string, SchemaValue>;

/** One top-level object, with the documentation right before it. */
export interface Expression {
  readonly value: SchemaObject;
  readonly doc: Doc | undefined;
  readonly location: SourceLocation;
}

/** What `pragma` directives have said, in the end: one for all files, and a later one replaces an earlier. */
export interface Pragma {
  docRequired: boolean;
  commandNameExceptions: ReadonlySet<string>;
  commandReturnsExceptions: ReadonlySet<string>;
  memberNameExceptions: ReadonlySet<string>;
  /**
   * Definitions that need not tell of each of their members.  `undefined`: nothing says so, and none has to;
   * QEMU 7.2 knows no such pragma, later ones have members documented everywhere else.
   */
  documentationExceptions: ReadonlySet<string> | undefined;
  /** Types whose strings may be handed over as bytes: a pragma of this compiler alone. */
  byteStringTypes: ReadonlySet<string>;
}

/** Pragmas that are lists, and where each is kept. */
const LIST_PRAGMAS = {
  "command-name-exceptions": "commandNameExceptions",
  "command-returns-exceptions": "commandReturnsExceptions",
  "member-name-exceptions": "memberNameExceptions",
  "documentation-exceptions": "documentationExceptions",
  "byte-string-types": "byteStringTypes",
} as const satisfies Readonly<Record<string, keyof Pragma>>;

function isListPragma(name: string): name is keyof typeof LIST_PRAGMAS {
  return Object.hasOwn(LIST_PRAGMAS, name);
}

export interface ParsedSchema {
  readonly expressions: readonly Expression[];
  /** Documentation that belongs to no definition: headings, and text between definitions. */
  readonly texts: readonly Doc[];
  /** The files in the order in which they were first included. */
  readonly files: readonly string[];
  readonly pragma: Pragma;
}

/** Reads a file.  Its error's `message` tells why it cannot: "No such file or directory". */
export type ReadFile = (path: string) => string;

export function parseSchema(file: string, readFile: ReadFile): ParsedSchema {
  const parsed: MutableParsed = {
    expressions: [],
    texts: [],
    files: [],
    pragma: {
      docRequired: false,
      commandNameExceptions: new Set(),
      commandReturnsExceptions: new Set(),
      memberNameExceptions: new Set(),
      documentationExceptions: undefined,
      byteStringTypes: new Set(),
    },
  };
  let text: string;
  try {
    text = readFile(file);
  } catch (cause) {
    const location = { file, line: 1, includedFrom: undefined };
    throw new QapiSchemaError(location, `can't read schema file: ${messageOf(cause)}`, { cause });
  }
  new Parser(parsed, readFile).parse(file, text, undefined);
  return parsed;
}

interface MutableParsed extends ParsedSchema {
  readonly expressions: Expression[];
  readonly texts: Doc[];
  readonly files: string[];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

class Parser {
  readonly #parsed: MutableParsed;
  readonly #readFile: ReadFile;
  /** Files that have been read, each by its one name. */
  readonly #read = new Set<string>();
  #includeLevels = 0;

  constructor(parsed: MutableParsed, readFile: ReadFile) {
    this.#parsed = parsed;
    this.#readFile = readFile;
  }

  parse(file: string, text: string, includedFrom: SourceLocation | undefined): void {
    this.#parsed.files.push(file);
    this.#read.add(simplePath(file));
    const lexer = new Lexer(file, text, includedFrom);
    let doc: Doc | undefined;
    const rejectDoc = (): void => {
      if (doc?.symbol === undefined) return;
      throw new QapiSchemaError(
        doc.location,
        `documentation for '${doc.symbol}' is not followed by the definition`,
      );
    };
    while (lexer.peek().kind !== "end") {
      const { location } = lexer;
      if (lexer.peek().kind === "comment") {
        rejectDoc();
        const docs = parseDoc(lexer);
        this.#parsed.texts.push(...docs.filter(({ symbol }) => symbol === undefined));
        doc = docs.at(-1);
        continue;
      }
      const value = parseValue(lexer);
      if (!(value instanceof Map)) {
        throw new QapiSchemaError(location, "top-level expression must be an object");
      }
      if (value.has("include")) {
        rejectDoc();
        this.#include(value, location);
      } else if (value.has("pragma")) {
        rejectDoc();
        this.#pragma(value, location);
      } else {
        if (doc !== undefined && doc.symbol === undefined) {
          throw new QapiSchemaError(doc.location, "definition documentation required");
        }
        this.#parsed.expressions.push({ value, doc, location });
      }
      doc = undefined;
    }
    rejectDoc();
  }

  #include(directive: SchemaObject, location: SourceLocation): void {
    const include = directive.get("include");
    if (directive.size !== 1) throw new QapiSchemaError(location, "invalid 'include' directive");
    if (typeof include !== "string") {
      throw new QapiSchemaError(location, "value of 'include' must be a string");
    }
    const folder = include.startsWith("/") ? "" : location.file.slice(0, location.file.lastIndexOf("/") + 1);
    const file = folder + include;
    const path = simplePath(file);
    for (let from: SourceLocation | undefined = location; from !== undefined; from = from.includedFrom) {
      if (simplePath(from.file) === path) {
        throw new QapiSchemaError(location, `inclusion loop for ${include}`);
      }
    }
    if (this.#read.has(path)) return;
    if (this.#includeLevels >= NESTING_LEVELS_MAX) {
      throw new QapiSchemaError(location, `files include each other more than ${NESTING_LEVELS_MAX} deep`);
    }
    let text: string;
    try {
      text = this.#readFile(file);
    } catch (cause) {
      throw new QapiSchemaError(location, `can't read include file '${file}': ${messageOf(cause)}`, {
        cause,
      });
    }
    this.#includeLevels++;
    this.parse(file, text, location);
    this.#includeLevels--;
  }

  #pragma(directive: SchemaObject, location: SourceLocation): void {
    const pragmas = directive.get("pragma");
    if (directive.size !== 1) throw new QapiSchemaError(location, "invalid 'pragma' directive");
    if (!(pragmas instanceof Map)) {
      throw new QapiSchemaError(location, "value of 'pragma' must be an object");
    }
    const { pragma } = this.#parsed;
    for (const [name, value] of pragmas as SchemaObject) {
      if (name === "doc-required") {
        if (typeof value !== "boolean") {
          throw new QapiSchemaError(location, "pragma 'doc-required' must be boolean");
        }
        pragma.docRequired = value;
        continue;
      }
      if (!isListPragma(name)) throw new QapiSchemaError(location, `unknown pragma '${name}'`);
      if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
        throw new QapiSchemaError(location, `pragma ${name} must be a list of strings`);
      }
      pragma[LIST_PRAGMAS[name]] = new Set(value);
    }
  }
}

/** The name that a file has without `.` and `..` in it. */
function simplePath(file: string): string {
  const parts: string[] = [];
  for (const part of file.split("/")) {
    if (part === "." || (part === "" && parts.length > 0)) continue;
    const isUp = part === ".." && parts.length > 0 && parts.at(-1) !== "..";
    if (!isUp) parts.push(part);
    else if (parts.at(-1) !== "") parts.pop();
  }
  return parts.join("/");
}

/** `levels`: of values that this one is in. */
function parseValue(lexer: Lexer, levels = 0): SchemaValue {
  if (levels > NESTING_LEVELS_MAX)
    throw lexer.error(`values are nested more than ${NESTING_LEVELS_MAX} deep`);
  const token = lexer.peek();
  switch (token.kind) {
    case "{":
      lexer.advance();
      return parseMembers(lexer, levels + 1);
    case "[":
      lexer.advance();
      return parseElements(lexer, levels + 1);
    case "string":
    case "boolean":
      lexer.advance();
      return token.value;
    default:
      throw lexer.error("expected '{', '[', string, or boolean");
  }
}

function parseMembers(lexer: Lexer, levels: number): SchemaObject {
  const members = new Map<string, SchemaValue>();
  if (lexer.peek().kind === "}") {
    lexer.advance();
    return members;
  }
  if (lexer.peek().kind !== "string") throw lexer.error("expected string or '}'");
  for (;;) {
    const token = lexer.peek();
    if (token.kind !== "string") throw lexer.error("expected string");
    const name = token.value;
    lexer.advance();
    if (lexer.peek().kind !== ":") throw lexer.error("expected ':'");
    lexer.advance();
    if (members.has(name)) throw lexer.error(`duplicate key '${name}'`);
    members.set(name, parseValue(lexer, levels));
    const { kind } = lexer.peek();
    if (kind !== "}" && kind !== ",") throw lexer.error("expected ',' or '}'");
    lexer.advance();
    if (kind === "}") return members;
  }
}

function parseElements(lexer: Lexer, levels: number): SchemaValue[] {
  const elements: SchemaValue[] = [];
  if (lexer.peek().kind === "]") {
    lexer.advance();
    return elements;
  }
  if (!["{", "[", "string", "boolean"].includes(lexer.peek().kind)) {
    throw lexer.error("expected '{', '[', ']', string, or boolean");
  }
  for (;;) {
    elements.push(parseValue(lexer, levels));
    const { kind } = lexer.peek();
    if (kind !== "]" && kind !== ",") throw lexer.error("expected ',' or ']'");
    lexer.advance();
    if (kind === "]") return elements;
  }
}

/** A documentation comment, from its `##` to its `##`.  Each heading but the first begins another. */
function parseDoc(lexer: Lexer): Doc[] {
  const { location } = lexer;
  const start = lexer.peek();
  if (start.kind !== "comment" || start.text !== "##") {
    throw lexer.error("junk after '##' at start of documentation comment");
  }
  let doc = new Doc(location);
  const docs = [doc];
  const atToken = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      throw error instanceof DocError ? lexer.error(error.message) : error;
    }
  };
  for (;;) {
    lexer.advance(true);
    const token = lexer.peek();
    if (token.kind !== "comment") throw lexer.error("documentation comment must end with '##'");
    if (token.text.startsWith("##")) {
      if (token.text !== "##") throw lexer.error("junk after '##' at end of documentation comment");
      atToken(() => doc.end());
      lexer.advance();
      return docs;
    }
    if (token.text.startsWith("# =")) {
      if (doc.symbol !== undefined) {
        throw lexer.error("unexpected '=' markup in definition documentation");
      }
      if (!doc.body.isEmpty) {
        atToken(() => doc.end());
        doc = new Doc(location);
        docs.push(doc);
      }
    }
    atToken(() => doc.append(token.text));
  }
}
