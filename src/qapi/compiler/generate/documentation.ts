/**
 * Pass 4, documentation: what the schema says of a thing, as the doc comment of what is generated for it.
 *
 * Sentences stand as they do there; `@name` is marked as code.  Added are what tools know to read
 * (`@deprecated`), under which conditions the thing is there, and where it is defined.
 */

import type { Condition, FeatureDefinition } from "../definitions.ts";
import type { Doc } from "../doc.ts";
import type { SourceLocation } from "../source.ts";
import { conditionNote } from "./conditions.ts";
import { LINE_WIDTH } from "./module.ts";

/** A feature that editors know how to show. */
const DEPRECATED = "deprecated";

/** Sections that are code. */
export const EXAMPLES = ["Example", "Examples"];
/** Sections that are told elsewhere, or are notes to the schema's authors. */
export const LEFT_OUT = ["Returns", "TODO"];

/** What a comment tells of a definition, or of a part of one. */
interface Described {
  readonly doc: Doc | undefined;
  readonly condition: Condition | undefined;
  readonly features: readonly FeatureDefinition[];
}

interface Definition extends Described {
  readonly location: SourceLocation;
}

/** The doc comment of a definition: what it says of itself, `about`, and where it is. */
export function docComment(definition: Definition, about = ""): string {
  const { doc, location } = definition;
  return comment([
    prose(doc?.body.text ?? ""),
    about,
    ...sections(doc),
    ...notes(definition),
    `Source: ${location.file}, line ${location.line}.`,
    ...deprecation(definition),
  ]);
}

/** The doc comment of what is made for a definition besides itself: its arguments, its base. */
export function sideComment({ doc, location }: Definition, about: string): string {
  return comment([prose(doc?.body.text ?? ""), about, `Source: ${location.file}, line ${location.line}.`]);
}

/** The doc comment of a command's handler: what it does and answers. */
export function handlerComment(command: Definition): string {
  const returns = command.doc?.section("Returns");
  return comment([
    prose(command.doc?.body.text ?? ""),
    ...(returns === undefined ? [] : [sentence(`Returns: ${prose(returns.replace(/^ +/gm, ""))}`)]),
    ...sections(command.doc),
    ...notes(command),
    ...deprecation(command),
  ]);
}

/** The doc comment of a member; `doc` is that of the definition that writes it out. */
export function memberComment(
  doc: Doc | undefined,
  member: Omit<Described, "doc"> & { readonly name: string },
): string {
  const described = { doc, condition: member.condition, features: member.features };
  const text = prose(doc?.members.get(member.name)?.text ?? "");
  return comment([text, ...notes(described), ...deprecation(described)]);
}

/** A line of a list: a value of an enumeration. */
export function valueLine(
  doc: Doc | undefined,
  { name, condition, features }: Omit<Described, "doc"> & { readonly name: string },
): string {
  const text = prose(doc?.members.get(name)?.text ?? "").replace(/\s*\n\s*/g, "\n  ");
  const deprecated = features.some((feature) => feature.name === DEPRECATED) ? ["Deprecated."] : [];
  const all = [...notes({ doc: undefined, condition, features }), ...deprecated];
  if (text === "" && all.length === 0) return "";
  const note = all.length === 0 ? "" : `${text === "" ? "" : "\n  "}${all.join("  ")}`;
  return `- \`${name}\`: ${text}${note}`;
}

export function comment(paragraphs: readonly string[]): string {
  const text = paragraphs
    .filter((paragraph) => paragraph !== "")
    .join("\n\n")
    .replaceAll("*/", "*\\/");
  if (text === "") return "";
  if (!text.includes("\n") && text.length <= LINE_WIDTH - 10) return `/** ${text} */\n`;
  const lines = text.split("\n").map((line) => (line === "" ? " *\n" : ` * ${line}\n`));
  return `/**\n${lines.join("")} */\n`;
}

/** Sentences of the schema, as they stand there. */
function prose(text: string): string {
  return text.trim().replace(/(?<!\w)@([A-Za-z0-9_-]+)/g, "`$1`");
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}

/** Sections with a head, `Since` or `Note`, and text after the members. */
function sections(doc: Doc | undefined): string[] {
  return (doc?.tagged ?? []).flatMap(({ name, text }) => {
    if (LEFT_OUT.includes(name) || text.trim() === "") return [];
    if (name === "") return [prose(text)];
    const body = dedent(text);
    if (EXAMPLES.includes(name)) return [`${name}:\n\`\`\`\n${body}\n\`\`\``];
    return [`${name}: ${prose(body)}`];
  });
}

/** `text` without the indent that its lines share, and without empty lines around it. */
function dedent(text: string): string {
  const lines = text.replace(/^(?: *\n)+|\s+$/g, "").split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const shared = Math.min(...indents);
  return lines.map((line) => line.slice(shared)).join("\n");
}

/** Features, and under which conditions it is there. */
function notes({ doc, condition, features }: Described): string[] {
  const others = features.filter(({ name }) => name !== DEPRECATED);
  return [
    ...others.map(({ name }) => {
      const text = prose(doc?.features.get(name)?.text ?? "");
      return `Feature \`${name}\`${text === "" ? "." : `: ${text}`}`;
    }),
    ...(condition === undefined ? [] : [`${capital(conditionNote(condition))}.`]),
  ];
}

function deprecation({ doc, features }: Described): string[] {
  if (!features.some(({ name }) => name === DEPRECATED)) return [];
  const text = prose(doc?.features.get(DEPRECATED)?.text ?? "");
  return [`@deprecated ${text}`.trim()];
}
