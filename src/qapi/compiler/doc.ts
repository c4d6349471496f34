/**
 * Pass 1b, documentation: the lines of a `##` comment to the sections of a `Doc`.
 *
 *     body ---@member:---> members ---Features:---> features ---Returns:, Note:, ...---> tagged
 *       '------------------------------------------------------------------------------^
 *
 * In: the comment's lines, one at a time.  Guaranteed afterwards: no section is empty, no member and no
 * feature is described twice.  Next: the expressions pass holds the symbol against the definition, and
 * the schema pass the members and features.
 */

import type { SourceLocation } from "./source.ts";

/** A mistake in the line that was just given; the parser knows where it stands. */
export class DocError extends Error {
  override readonly name = "DocError";
}

class Section {
  /** `Returns`, `Since`, ...; a member's or feature's name; empty for text without a head. */
  readonly name: string;
  /** Of the lines that follow the head. */
  readonly indent: number;
  readonly #lines: string[] = [];
  #text: string | undefined;

  constructor(name: string, indent: number) {
    this.name = name;
    this.indent = indent;
  }

  /** Joined when asked for: a section that grows to be a million lines is not copied with each of them. */
  get text(): string {
    this.#text ??= this.#lines.map((line) => `${line}\n`).join("");
    return this.#text;
  }

  /** Whether it has no line. */
  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  get endsInEmptyLine(): boolean {
    return this.#lines.length > 1 && this.#lines.at(-1) === "";
  }

  append(line: string): void {
    this.#lines.push(line);
    this.#text = undefined;
  }
}

type Part = "body" | "members" | "features" | "tagged";

const SECTION_TAGS = new Set(["Returns:", "Since:", "Note:", "Notes:", "Example:", "Examples:", "TODO:"]);

/** Sections of which there is one at most. */
const SINGLE_SECTIONS = new Set(["Returns", "Since"]);

export class Doc {
  readonly location: SourceLocation;
  /** The definition that is documented; `undefined` for text that stands for itself. */
  symbol: string | undefined;
  readonly body = new Section("", 0);
  readonly members = new Map<string, Section>();
  readonly features = new Map<string, Section>();
  readonly tagged: Section[] = [];
  #part: Part = "body";
  #section = this.body;

  /** `location`: where the comment begins. */
  constructor(location: SourceLocation) {
    this.location = location;
  }

  /** The text of a tagged section, `Returns` for one. */
  section(name: string): string | undefined {
    return this.tagged.find((section) => section.name === name)?.text.trim();
  }

  /** Takes a line, `#` included. */
  append(comment: string): void {
    let line = comment.slice(1);
    if (line !== "") {
      if (line[0] !== " ") throw new DocError("missing space after #");
      line = line.slice(1);
    }
    switch (this.#part) {
      case "body":
        return this.#appendBody(line);
      case "members":
      case "features":
        return this.#appendDescription(line);
      case "tagged":
        return this.#appendTagged(line);
    }
  }

  /** Ends the comment. */
  end(): void {
    this.#endSection();
  }

  #appendBody(line: string): void {
    const word = firstWord(line);
    if (this.symbol === undefined && this.body.isEmpty && line.startsWith("@")) {
      if (!line.endsWith(":")) throw new DocError("line should end with ':'");
      const symbol = line.slice(1, -1);
      if (symbol === "") throw new DocError("name required after '@'");
      this.symbol = symbol;
    } else if (this.symbol === undefined) {
      this.#appendText(line);
    } else if (isDescription(word)) {
      this.#part = "members";
      this.#appendDescription(line);
    } else if (line === "Features:") {
      this.#part = "features";
    } else if (SECTION_TAGS.has(word)) {
      this.#appendTagged(line);
    } else {
      this.#appendText(line);
    }
  }

  #appendDescription(line: string): void {
    const word = firstWord(line);
    if (isDescription(word)) {
      const { text, indent } = splitHead(line, word);
      this.#startDescription(word.slice(1, -1), indent);
      this.#appendText(text);
    } else if (SECTION_TAGS.has(word)) {
      this.#appendTagged(line);
    } else if (this.#section.endsInEmptyLine && /^\S/.test(line)) {
      // A paragraph at the margin ends the descriptions.
      if (this.#part === "members" && line === "Features:") {
        this.#part = "features";
        return;
      }
      this.#startTagged("", 0);
      this.#appendTagged(line);
    } else {
      this.#appendText(line);
    }
  }

  #appendTagged(line: string): void {
    const word = firstWord(line);
    if (isDescription(word)) {
      // A section without a head is called so by QEMU.
      throw new DocError(`'${word}' can't follow '${this.tagged[0]?.name || "None"}' section`);
    }
    if (SECTION_TAGS.has(word)) {
      const { text, indent } = splitHead(line, word);
      this.#startTagged(word.slice(0, -1), indent);
      this.#appendText(text);
    } else {
      this.#appendText(line);
    }
  }

  #startDescription(name: string, indent: number): void {
    const sections = this.#part === "members" ? this.members : this.features;
    if (name === "") throw new DocError("invalid parameter name");
    if (sections.has(name)) throw new DocError(`'${name}' parameter name duplicated`);
    this.#endSection();
    this.#section = new Section(name, indent);
    sections.set(name, this.#section);
  }

  #startTagged(name: string, indent: number): void {
    if (SINGLE_SECTIONS.has(name) && this.tagged.some((section) => section.name === name)) {
      throw new DocError(`duplicated '${name}' section`);
    }
    this.#endSection();
    this.#part = "tagged";
    this.#section = new Section(name, indent);
    this.tagged.push(this.#section);
  }

  #endSection(): void {
    const { name, text } = this.#section;
    if (name !== "" && text.trim() === "") throw new DocError(`empty doc section '${name}'`);
  }

  #appendText(line: string): void {
    const head = /^@\S+:/.exec(line)?.[0];
    if (head !== undefined) throw new DocError(`'${head}' not allowed in free-form documentation`);
    const { indent } = this.#section;
    if (line !== "" && line.search(/\S|$/) < indent) {
      throw new DocError(`unexpected de-indent (expected at least ${indent} spaces)`);
    }
    this.#section.append(line.slice(indent).trimEnd());
  }
}

function firstWord(line: string): string {
  return line.split(" ", 1)[0] ?? "";
}

/** `@member:` */
function isDescription(word: string): boolean {
  return word.startsWith("@") && word.endsWith(":");
}

/**
 * A section's first line without its head, still where it stands: its text begins at the indent that the
 * lines after it must have.  A head alone leaves them free.
 */
function splitHead(line: string, head: string): { text: string; indent: number } {
  const rest = line.slice(head.length);
  const text = rest.trimStart();
  if (text === "") return { text, indent: 0 };
  const indent = line.length - text.length;
  return { text: " ".repeat(indent) + text, indent };
}
