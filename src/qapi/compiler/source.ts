/**
 * Pass 0, source: where something stands in the schema's files, and how a schema author's mistake is told.
 *
 * A location is a value: it knows its file, its line, the `include` that led there, and the definition
 * that is being read.  Every later pass hands locations on and never makes one up.
 */

/** The definition that a location is part of: `struct`, `BlockdevOptions`. */
export interface DefinitionName {
  readonly meta: string;
  readonly name: string;
}

/**
 * Most levels of what may stand within, or upon, another of its kind: values, includes, bases.  A schema that
 * people write has less than ten; the passes recurse, so that more could end them without a location.
 */
export const NESTING_LEVELS_MAX = 200;

export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  /** Counted from 1, tab stops eight apart; known for mistakes of syntax alone. */
  readonly column?: number;
  /** The `include` directive that named this file. */
  readonly includedFrom: SourceLocation | undefined;
  readonly definition?: DefinitionName;
}

/** `location` with the definition that it is part of. */
export function inDefinition(location: SourceLocation, definition: DefinitionName): SourceLocation {
  return { ...location, definition };
}

function position({ file, line, column }: SourceLocation): string {
  return column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
}

/** The lines that lead up to a message: each include from the outermost, then the definition. */
function preamble(location: SourceLocation): string {
  let text = "";
  for (let from = location.includedFrom; from !== undefined; from = from.includedFrom) {
    text = `In file included from ${position(from)}:\n${text}`;
  }
  const { definition } = location;
  if (definition !== undefined && definition.name !== "") {
    text += `${location.file}: In ${definition.meta} '${definition.name}':\n`;
  }
  return text;
}

/** A schema author's mistake.  `message` is whole, as QEMU's schema compiler words and lays it out. */
export class QapiSchemaError extends Error {
  override readonly name = "QapiSchemaError";
  readonly location: SourceLocation;
  readonly reason: string;

  constructor(location: SourceLocation, reason: string, options?: ErrorOptions) {
    super(`${preamble(location)}${position(location)}: ${reason}`, options);
    this.location = location;
    this.reason = reason;
  }
}
