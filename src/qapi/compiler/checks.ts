/**
 * Pass 3, the checks that definitions share: parts of one thing do not clash, branches can be told apart,
 * documentation matches what it documents.
 */

import type { BranchDefinition, FeatureDefinition } from "./definitions.ts";
import type { Doc } from "./doc.ts";
import { describeType, jsonTypeOf, type ObjectType, type SchemaType } from "./model.ts";
import { identifierOf } from "./names.ts";
import { QapiSchemaError, type SourceLocation } from "./source.ts";

/** A part of a definition as a message names it, kept under the identifier that it takes. */
export interface Claim {
  readonly role: "member" | "branch" | "value" | "feature";
  readonly name: string;
  readonly definedIn?: ObjectType | undefined;
}

export type Taken = Map<string, Claim>;

/**
 * A part as a message names it.  One of another type than the definition that is being checked says so; one
 * of members written where they are used is a parameter, or a member of the base.
 */
export function describe({ role, name, definedIn }: Claim, location: SourceLocation): string {
  if (definedIn?.implicit === "arg") return `parameter '${name}'`;
  if (definedIn?.implicit === "base") return `base ${role} '${name}'`;
  if (definedIn !== undefined && definedIn.name !== location.definition?.name) {
    return `${role} '${name}' of type '${definedIn.name}'`;
  }
  return `${role} '${name}'`;
}

export function claim(
  part: { readonly name: string; readonly definedIn?: ObjectType },
  role: Claim["role"],
  location: SourceLocation,
  taken: Taken,
): void {
  const identifier = identifierOf(part.name);
  const mine: Claim = { role, name: part.name, definedIn: part.definedIn };
  const other = taken.get(identifier);
  if (other !== undefined) {
    throw new QapiSchemaError(
      location,
      `${describe(mine, location)} collides with ${describe(other, location)}`,
    );
  }
  taken.set(identifier, mine);
}

export function checkClashes(
  parts: readonly { readonly name: string }[],
  role: Claim["role"],
  location: SourceLocation,
): void {
  const taken: Taken = new Map();
  for (const { name } of parts) claim({ name }, role, location, taken);
}

/** The forms that a branch's values may have on the wire, or may be given in on a command line. */
export function formsOf(type: SchemaType, branch: BranchDefinition, location: SourceLocation): string[] {
  const form = jsonTypeOf(type);
  if (form === "value") {
    throw new QapiSchemaError(location, `branch '${branch.name}' cannot use ${describeType(type)}`);
  }
  if (form === "int") return ["number"];
  if (form !== "string") return [form];
  if (type.meta !== "enum") return ["string", "number", "boolean"];
  const forms = ["string"];
  if (type.values.some(({ name }) => name === "on" || name === "off")) forms.push("boolean");
  if (type.values.some(({ name }) => /^[-+0-9.]/.test(name))) forms.push("number");
  return forms;
}

/** Documentation describes nothing that does not exist. */
export function checkDoc(
  doc: Doc | undefined,
  members: readonly { readonly name: string; readonly features?: readonly FeatureDefinition[] }[],
  features: readonly FeatureDefinition[],
): void {
  if (doc === undefined) return;
  checkDescribed([...doc.members.keys()], members, "member", doc.location);
  const memberFeatures = members.flatMap((member) => member.features ?? []);
  checkDescribed([...doc.features.keys()], [...features, ...memberFeatures], "feature", doc.location);
}

function checkDescribed(
  described: readonly string[],
  parts: readonly { readonly name: string }[],
  what: string,
  location: SourceLocation,
): void {
  const bogus = described.filter((name) => !parts.some((part) => part.name === name));
  if (bogus.length === 0) return;
  const names = bogus.map((name) => `'${name}'`).join(", ");
  const verb = bogus.length > 1 ? "s" : "";
  throw new QapiSchemaError(
    location,
    `documented ${what}${verb} ${names} ${bogus.length > 1 ? "do" : "does"} not exist`,
  );
}
