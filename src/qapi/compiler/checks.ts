/**
 * Pass 3, the checks that definitions share: parts of one thing do not clash, branches can be told apart,
 * documentation matches what it documents.
 */

import type { FeatureDefinition } from "./definitions.ts";
import type { Doc } from "./doc.ts";
import { type Branch, describeType, jsonTypeOf, type ObjectType } from "./model.ts";
import { identifierOf } from "./names.ts";
import { QapiSchemaError, type SourceLocation } from "./source.ts";

/** A part of a definition as a message names it, kept under the identifier that it takes. */
export interface Claim {
  readonly role: "member" | "branch" | "value" | "feature";
  readonly name: string;
  readonly definedIn?: ObjectType | undefined;
}

export type Taken = Map<string, Claim>;

/** Features that only commands, events and parts of types can have: they tell of the whole of what is used. */
const SPECIAL_FEATURES = ["deprecated", "unstable"];

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

/** Takes a part's identifier in `taken`; one that `before` has is taken too. */
export function claim(
  part: { readonly name: string; readonly definedIn?: ObjectType },
  role: Claim["role"],
  location: SourceLocation,
  taken: Taken,
  before?: ReadonlyMap<string, Claim>,
): void {
  const identifier = identifierOf(part.name);
  const mine: Claim = { role, name: part.name, definedIn: part.definedIn };
  const other = before?.get(identifier) ?? taken.get(identifier);
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

export function checkTypeFeatures(features: readonly FeatureDefinition[], location: SourceLocation): void {
  checkClashes(features, "feature", location);
  const special = features.find(({ name }) => SPECIAL_FEATURES.includes(name));
  if (special === undefined) return;
  throw new QapiSchemaError(location, `feature '${special.name}' is not supported for types`);
}

/** The forms that a branch's values may have on the wire, or may be given in on a command line. */
export function formsOf({ name, type }: Branch, location: SourceLocation): string[] {
  const form = jsonTypeOf(type);
  if (form === "value") {
    throw new QapiSchemaError(location, `branch '${name}' cannot use ${describeType(type)}`);
  }
  if (form === "int") return ["number"];
  if (form !== "string") return [form];
  if (type.meta !== "enum") return ["string", "number", "boolean"];
  const forms = ["string"];
  if (type.values.some(({ name }) => name === "on" || name === "off")) forms.push("boolean");
  if (type.values.some(({ name }) => /^[-+0-9.]/.test(name))) forms.push("number");
  return forms;
}

/** A part of a definition that its documentation may tell of. */
interface DescribedPart {
  readonly name: string;
  readonly features?: readonly FeatureDefinition[];
}

/** What of a definition its documentation has to do with. */
interface Described {
  readonly name: string;
  readonly location: SourceLocation;
  readonly doc: Doc | undefined;
  readonly features: readonly FeatureDefinition[];
}

/**
 * Documentation describes each feature, and nothing that does not exist.  Members it has to describe where
 * the schema has the pragma `documentation-exceptions`, with which old omissions are listed.
 */
export function checkDoc(
  { name, location, doc, features }: Described,
  parts: readonly DescribedPart[],
  role: Claim["role"],
  exceptions: ReadonlySet<string> | undefined,
): void {
  if (doc === undefined) return;
  const needsAll = exceptions !== undefined && !exceptions.has(name);
  requireDescribed(features, doc.features, "feature", location);
  for (const part of parts) {
    if (needsAll) requireDescribed([part], doc.members, role, location);
    requireDescribed(part.features ?? [], doc.features, "feature", location);
  }
  const allFeatures = [...features, ...parts.flatMap((part) => part.features ?? [])];
  refuseDescribed([...doc.members.keys()], parts, "member", doc.location);
  refuseDescribed([...doc.features.keys()], allFeatures, "feature", doc.location);
}

function requireDescribed(
  parts: readonly DescribedPart[],
  described: ReadonlyMap<string, unknown>,
  role: Claim["role"],
  location: SourceLocation,
): void {
  const missing = parts.find(({ name }) => !described.has(name));
  if (missing === undefined) return;
  throw new QapiSchemaError(location, `${role} '${missing.name}' lacks documentation`);
}

/** Refuses what is described and is not among `parts`. */
function refuseDescribed(
  described: readonly string[],
  parts: readonly DescribedPart[],
  what: string,
  location: SourceLocation,
): void {
  const known = new Set(parts.map(({ name }) => name));
  const bogus = described.filter((name) => !known.has(name));
  if (bogus.length === 0) return;
  const names = bogus.map((name) => `'${name}'`).join(", ");
  const several = bogus.length > 1;
  throw new QapiSchemaError(
    location,
    `documented ${what}${several ? "s" : ""} ${names} ${several ? "do" : "does"} not exist`,
  );
}
