/**
 * Pass 1, parser: schema files to expressions.
 *
 * In: the name of the main file, and a function that reads one.  `include` and `pragma` are carried out
 * here.  Guaranteed afterwards: an expression is an object, a documentation comment with a symbol is
 * followed by an expression.  Next: the expressions pass.
 */

import { Doc, DocError } from "./doc.ts";
import { Lexer } from "./lexer.ts";
import { QapiSchemaError, type SourceLocation } from "./source.ts";

/** A value of the language.  An object is a Map: its members keep their order, and no name is special. */
export type SchemaValue = string | boolean | readonly SchemaValue[] | SchemaObject;
export type SchemaObject = ReadonlyMap<string, SchemaValue>;

/** One top-level object, with the documentation right before it. */
export interface Expression {
  readonly value: SchemaObject;
  readonly doc: Doc | undefined;
  readonly location: SourceLocation;
}

/** What `pragma` directives have said; one for all files. */
export interface Pragma {
  docRequired: boolean;
  readonly commandNameExceptions: Set<string>;
  readonly commandReturnsExceptions: Set<string>;
  readonly memberNameExceptions: Set<string>;
  /** Types whose strings may be handed over as bytes: a pragma of this compiler alone. */
  readonly byteStringTypes: Set<string>;
}

export interface ParsedSchema {
  readonly expressions: readonly Expression[];
  /** The files in the order in which they were first included. */
  readonly files: readonly string[];
  readonly pragma: Pragma;
}

/** Reads a file.  Its error's `message` tells why it cannot: "No such file or directory". */
export type ReadFile = (path: string) => string;

export function parseSchema(file: string, readFile: ReadFile): ParsedSchema {
  const parsed = {
    expressions: [],
    files: [],
    pragma: {
      docRequired: false,
      commandNameExceptions: new Set<string>(),
      commandReturnsExceptions: new Set<string>(),
      memberNameExceptions: new Set<string>(),
      byteStringTypes: new Set<string>(),
    },
  };
  new Parser(parsed, readFile).parse(file, readFile(file), undefined);
  return parsed;
}

class Parser {
  readonly #parsed: { expressions: Expression[]; files: string[]; pragma: Pragma };
  readonly #readFile: ReadFile;

  constructor(parsed: { expressions: Expression[]; files: string[]; pragma: Pragma }, readFile: ReadFile) {
    this.#parsed = parsed;
    this.#readFile = readFile;
  }

  parse(file: string, text: string, includedFrom: SourceLocation | undefined): void {
    this.#parsed.files.push(file);
    const lexer = new Lexer(file, text, includedFrom);
    let doc: Doc | undefined;
    const rejectDoc = (): void => {
      if (doc?.symbol === undefined) return;
      const reason = `documentation for '${doc.symbol}' is not followed by the definition`;
      throw new QapiSchemaError(doc.location, reason);
    };
    while (lexer.peek().kind !== "end") {
      const { location } = lexer;
      if (lexer.peek().kind === "comment") {
        rejectDoc();
        doc = parseDoc(lexer);
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
    const file = location.file.slice(0, location.file.lastIndexOf("/") + 1) + include;
    for (let from: SourceLocation | undefined = location; from !== undefined; from = from.includedFrom) {
      if (from.file === file) throw new QapiSchemaError(location, `inclusion loop for ${include}`);
    }
    if (this.#parsed.files.includes(file)) return;
    let text: string;
    try {
      text = this.#readFile(file);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new QapiSchemaError(location, `can't read include file '${file}': ${reason}`, { cause });
    }
    this.parse(file, text, location);
  }

  #pragma(directive: SchemaObject, location: SourceLocation): void {
    const pragmas = directive.get("pragma");
    if (directive.size !== 1) throw new QapiSchemaError(location, "invalid 'pragma' directive");
    if (!(pragmas instanceof Map)) {
      throw new QapiSchemaError(location, "value of 'pragma' must be an object");
    }
    const { pragma } = this.#parsed;
    const lists: Readonly<Record<string, Set<string>>> = {
      "command-name-exceptions": pragma.commandNameExceptions,
      "command-returns-exceptions": pragma.commandReturnsExceptions,
      "member-name-exceptions": pragma.memberNameExceptions,
      "byte-string-types": pragma.byteStringTypes,
    };
    for (const [name, value] of pragmas as SchemaObject) {
      if (name === "doc-required") {
        if (typeof value !== "boolean") {
          throw new QapiSchemaError(location, "pragma 'doc-required' must be boolean");
        }
        pragma.docRequired = value;
        continue;
      }
      if (!Object.hasOwn(lists, name)) throw new QapiSchemaError(location, `unknown pragma '${name}'`);
      if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
        throw new QapiSchemaError(location, `pragma ${name} must be a list of strings`);
      }
      for (const item of value) lists[name]?.add(item);
    }
  }
}

function parseValue(lexer: Lexer): SchemaValue {
  const token = lexer.peek();
  switch (token.kind) {
    case "{":
      lexer.advance();
      return parseMembers(lexer);
    case "[":
      lexer.advance();
      return parseElements(lexer);
    case "string":
    case "boolean":
      lexer.advance();
      return token.value;
    default:
      throw lexer.error("expected '{', '[', string, or boolean");
  }
}

function parseMembers(lexer: Lexer): SchemaObject {
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
    members.set(name, parseValue(lexer));
    const { kind } = lexer.peek();
    if (kind !== "}" && kind !== ",") throw lexer.error("expected ',' or '}'");
    lexer.advance();
    if (kind === "}") return members;
  }
}

function parseElements(lexer: Lexer): SchemaValue[] {
  const elements: SchemaValue[] = [];
  if (lexer.peek().kind === "]") {
    lexer.advance();
    return elements;
  }
  if (!["{", "[", "string", "boolean"].includes(lexer.peek().kind)) {
    throw lexer.error("expected '{', '[', ']', string, or boolean");
  }
  for (;;) {
    elements.push(parseValue(lexer));
    const { kind } = lexer.peek();
    if (kind !== "]" && kind !== ",") throw lexer.error("expected ',' or ']'");
    lexer.advance();
    if (kind === "]") return elements;
  }
}

/** A documentation comment, from its `##` to its `##`.  Of several headings, the last one's text is kept. */
function parseDoc(lexer: Lexer): Doc {
  const { location } = lexer;
  const start = lexer.peek();
  if (start.kind !== "comment" || start.text !== "##") {
    throw lexer.error("junk after '##' at start of documentation comment");
  }
  let doc = new Doc(location);
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
      return doc;
    }
    if (token.text.startsWith("# =")) {
      if (doc.symbol !== undefined) {
        throw lexer.error("unexpected '=' markup in definition documentation");
      }
      if (doc.body.text !== "") {
        atToken(() => doc.end());
        doc = new Doc(location);
      }
    }
    atToken(() => doc.append(token.text));
  }
}
