/**
 * Pass 4, the manual: a checked schema to one Markdown document.
 *
 * Headings and texts of the schema stand where they do there, definitions between them, each under a heading
 * of its own with what its documentation says and what the schema knows besides: types, what is optional, how
 * a command runs, and under which conditions a thing is there.
 */

import type { Condition, FeatureDefinition } from "../definitions.ts";
import type { Doc } from "../doc.ts";
import { type Command, type Event, nameOf, type ObjectType, type Schema, type SchemaType } from "../model.ts";
import { conditionNote } from "./conditions.ts";
import { EXAMPLES, LEFT_OUT } from "./documentation.ts";

type Definition = Schema["types"][number] | Command | Event;

export function writeMarkdown(schema: Schema): string {
  const [main = ""] = schema.files;
  const pieces = new Map<string, { readonly line: number; readonly text: string }[]>();
  for (const file of schema.files) pieces.set(file, []);
  for (const doc of schema.texts) {
    pieces.get(doc.location.file)?.push({ line: doc.location.line, text: freeText(doc) });
  }
  for (const definition of [...schema.types, ...schema.commands, ...schema.events]) {
    const { file, line } = definition.location;
    pieces.get(file)?.push({ line, text: section(definition) });
  }
  const texts = [...pieces.values()].flatMap((here) =>
    here.sort((a, b) => a.line - b.line).map(({ text }) => text),
  );
  const title = `# ${main.slice(main.lastIndexOf("/") + 1)}`;
  return `${[title, ...texts].filter((text) => text !== "").join("\n\n")}\n`;
}

/** `= Title` is a heading of the schema's, and `==` one below it. */
function freeText({ body }: Doc): string {
  return prose(body.text.replace(/^(={1,3}) +/gm, (_, marks: string) => `#${"#".repeat(marks.length)} `));
}

function section(definition: Definition): string {
  const { doc, name, meta, condition } = definition;
  return [
    `### ${meta[0]?.toUpperCase()}${meta.slice(1)}: ${name}`,
    prose(doc?.body.text ?? ""),
    condition === undefined ? "" : `There ${conditionNote(condition)}.`,
    ...partsOf(definition),
    list(
      "Features",
      definition.features.map((feature) => featureLine(feature, doc)),
    ),
    ...(doc?.tagged ?? []).map(({ name: tag, text }) => taggedText(tag, text)),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function partsOf(definition: Definition): string[] {
  const { doc } = definition;
  switch (definition.meta) {
    case "enum":
      return [
        list(
          "Values",
          definition.values.map((value) => line(value.name, [], value, doc)),
        ),
      ];
    case "alternate":
      return [
        list(
          "One of",
          definition.branches.map((branch) => line(branch.name, [link(branch.type)], branch, doc)),
        ),
      ];
    case "struct":
    case "union":
      return [members("Members", definition, doc)];
    case "event":
      return [data("Data", definition.arg, doc)];
    case "command":
      return [data("Arguments", definition.arg, doc), returns(definition), manner(definition)];
  }
}

/** What a command takes or an event brings: members in place, or a type. */
function data(title: string, type: ObjectType | undefined, doc: Doc | undefined): string {
  if (type === undefined) return "";
  return type.implicit === undefined
    ? `**${title}:** the members of ${link(type)}`
    : members(title, type, doc);
}

function members(title: string, type: ObjectType, doc: Doc | undefined): string {
  const { base, variants, localMembers } = type;
  const own = [...(base?.implicit === undefined ? [] : base.localMembers), ...localMembers];
  const branches = (variants?.branches ?? []).filter((branch) => branch.type.implicit === undefined);
  return list(title, [
    ...own.map((member) =>
      line(member.name, [link(member.type), ...(member.optional ? ["optional"] : [])], member, doc),
    ),
    ...(base === undefined || base.implicit !== undefined ? [] : [`- the members of ${link(base)}`]),
    ...branches.map(
      ({ name, type: branch, condition }) =>
        `- where \`${variants?.tag.name}\` is \`${name}\`: the members of ${link(branch)}${onlyWhere(condition)}`,
    ),
  ]);
}

function returns({ doc, returns: type }: Command): string {
  const text = prose(doc?.section("Returns") ?? "");
  if (type === undefined) return text === "" ? "" : `**Returns:** ${text}`;
  return `**Returns:** ${link(type)}${text === "" ? "" : `: ${text}`}`;
}

/** How a command runs, where it is not as all do. */
function manner({ flags }: Command): string {
  const says = [
    ...(flags.async ? ["It is asynchronous: its reply may come after those of later commands."] : []),
    ...(flags.async
      ? [`When its client leaves, it is ${flags.onDisconnect === "finish" ? "finished" : "cancelled"}.`]
      : []),
    ...(flags.allowOob ? ["It can be sent out of band."] : []),
    ...(flags.allowPreconfig ? ["It can be sent before the machine is there."] : []),
    ...(flags.successResponse ? [] : ["It is not answered when it succeeds."]),
  ];
  return says.join(" ");
}

interface Part {
  readonly name: string;
  readonly condition: Condition | undefined;
  readonly features?: readonly FeatureDefinition[];
}

/** An item: name, what it is, what is said of it, and its features below it. */
function line(name: string, about: readonly string[], part: Part, doc: Doc | undefined): string {
  const kind = about.length === 0 ? "" : ` (${about.join(", ")})`;
  const text = prose(doc?.members.get(name)?.text ?? "").replace(/\n+\s*/g, "\n  ");
  const features = (part.features ?? []).map((feature) => `\n  ${featureLine(feature, doc)}`);
  return `- \`${name}\`${kind}${text === "" ? "" : `: ${text}`}${onlyWhere(part.condition)}${features.join("")}`;
}

function featureLine({ name, condition }: FeatureDefinition, doc: Doc | undefined): string {
  const text = prose(doc?.features.get(name)?.text ?? "").replace(/\n+\s*/g, "\n  ");
  return `- feature \`${name}\`${text === "" ? "" : `: ${text}`}${onlyWhere(condition)}`;
}

function onlyWhere(condition: Condition | undefined): string {
  return condition === undefined ? "" : ` (${conditionNote(condition)})`;
}

function list(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `**${title}:**\n\n${lines.join("\n")}`;
}

function taggedText(name: string, text: string): string {
  if (LEFT_OUT.includes(name)) return "";
  if (name === "") return prose(text);
  if (EXAMPLES.includes(name)) return `**${name}:**\n\n\`\`\`\n${text.replace(/^\s*\n|\s+$/g, "")}\n\`\`\``;
  return `**${name}:** ${prose(text)}`;
}

/** A type's name, and the way to its section. */
function link(type: SchemaType): string {
  if (type.meta === "array") return `array of ${link(type.element)}`;
  const name = nameOf(type);
  if (type.meta === "built-in") return `\`${name}\``;
  return `[${name}](#${type.meta}-${name.toLowerCase()})`;
}

/** Sentences of the schema; `@name` is marked as code, and what would be a tag of HTML is not. */
function prose(text: string): string {
  return text
    .trim()
    .replaceAll("<", "\\<")
    .replace(/(?<!\w)@([A-Za-z0-9_-]+)/g, "`$1`");
}
