/**
 * What the expressions pass makes of an expression: each definition as a value whose keys have been
 * checked, with the language's short forms written out.  Names of types are still names.
 */

import type { Doc } from "./doc.ts";
import type { SourceLocation } from "./source.ts";

/** When a part of the schema exists: a condition's name, or several joined. */
export type Condition =
  | string
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition };

export interface FeatureDefinition {
  readonly name: string;
  readonly condition: Condition | undefined;
}

/** A type by its name, or an array of it. */
export interface TypeName {
  readonly name: string;
  readonly array: boolean;
}

export interface MemberDefinition {
  readonly name: string;
  readonly optional: boolean;
  readonly type: TypeName;
  readonly condition: Condition | undefined;
  readonly features: readonly FeatureDefinition[];
}

/** Members where they are used, or the name of a type that has them. */
export type MembersOrName = readonly MemberDefinition[] | TypeName;

export interface EnumValueDefinition {
  readonly name: string;
  readonly condition: Condition | undefined;
  readonly features: readonly FeatureDefinition[];
}

export interface BranchDefinition {
  readonly name: string;
  readonly type: TypeName;
  readonly condition: Condition | undefined;
}

interface Common {
  readonly name: string;
  readonly location: SourceLocation;
  readonly doc: Doc | undefined;
  readonly condition: Condition | undefined;
  readonly features: readonly FeatureDefinition[];
}

export interface EnumDefinition extends Common {
  readonly meta: "enum";
  readonly values: readonly EnumValueDefinition[];
}

export interface StructDefinition extends Common {
  readonly meta: "struct";
  readonly base: TypeName | undefined;
  readonly data: readonly MemberDefinition[];
}

export interface UnionDefinition extends Common {
  readonly meta: "union";
  readonly base: MembersOrName;
  readonly discriminator: string;
  readonly branches: readonly BranchDefinition[];
}

export interface AlternateDefinition extends Common {
  readonly meta: "alternate";
  readonly branches: readonly BranchDefinition[];
}

export interface CommandDefinition extends Common {
  readonly meta: "command";
  readonly data: MembersOrName | undefined;
  readonly returns: TypeName | undefined;
  readonly boxed: boolean;
  readonly gen: boolean;
  readonly successResponse: boolean;
  readonly allowOob: boolean;
  readonly allowPreconfig: boolean;
  readonly coroutine: boolean;
  readonly async: boolean;
  readonly onDisconnect: "cancel" | "finish";
}

export interface EventDefinition extends Common {
  readonly meta: "event";
  readonly data: MembersOrName | undefined;
  readonly boxed: boolean;
}

/** Whether members are written where they are used. */
export function isMembers(data: MembersOrName): data is readonly MemberDefinition[] {
  return Array.isArray(data);
}

/** The types that a definition's parts have, in the order in which they are written. */
export function typesOfParts(definition: Definition): TypeName[] {
  const typesOf = (parts: readonly { readonly type: TypeName }[]): TypeName[] =>
    parts.map(({ type }) => type);
  const typesIn = (data: MembersOrName | undefined): TypeName[] =>
    data !== undefined && isMembers(data) ? typesOf(data) : [];
  switch (definition.meta) {
    case "enum":
      return [];
    case "struct":
      return typesOf(definition.data);
    case "union":
      return [...typesIn(definition.base), ...typesOf(definition.branches)];
    case "alternate":
      return typesOf(definition.branches);
    case "command":
      return [...typesIn(definition.data), ...(definition.returns === undefined ? [] : [definition.returns])];
    case "event":
      return typesIn(definition.data);
  }
}

export type Definition =
  | EnumDefinition
  | StructDefinition
  | UnionDefinition
  | AlternateDefinition
  | CommandDefinition
  | EventDefinition;
