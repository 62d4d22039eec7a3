/** Values of a field's arguments, with variables put in, and the targets they name. */
import { type ArgumentNode, Kind, type OperationDefinitionNode, type ValueNode } from "graphql/language/index.js";
import { statedEnvironment } from "../../environment/environment.ts";
import { MAX_NESTING, MAX_TARGETS } from "../bounds.ts";
import type { Target } from "../verdict.ts";
import type { Arguments } from "./service.ts";

export type Variables = Readonly<Record<string, unknown>>;

/** The variables of an operation: what was sent, over the defaults it declares. */
export function variablesOf(operation: OperationDefinitionNode, sent: Variables): Variables {
  const known: Record<string, unknown> = {};
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue !== undefined) known[variable.name.value] = valueOf(defaultValue, {}, 0);
  }
  return { ...known, ...sent };
}

/** Arguments by name; a variable without a value stays `undefined`. */
export function argumentsOf(nodes: readonly ArgumentNode[] | undefined, variables: Variables): Arguments {
  const known: Record<string, unknown> = Object.create(null);
  for (const { name, value } of nodes ?? []) known[name.value] = valueOf(value, variables, 0);
  return known;
}

function valueOf(node: ValueNode, variables: Variables, depth: number): unknown {
  if (depth > MAX_NESTING) return undefined;
  switch (node.kind) {
    case Kind.VARIABLE:
      return Object.hasOwn(variables, node.name.value) ? variables[node.name.value] : undefined;
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((value) => valueOf(value, variables, depth + 1));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, valueOf(value, variables, depth + 1)]));
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
  }
}

const ID = /^(.*?)_?ids?$/i;
const NAMES = /^(name|slug|login|path|url|key|ref|refName|domain|repo|owner)$/;

/**
 * Things that the arguments name: `volumeId: "v1"` is volume v1, a bare `id` belongs to the kind that the field names
 * (`volumeDelete(id:)`). An `environment…` argument states the environment of all of them.
 */
export function targetsOf(args: Arguments, fieldKind: string): Target[] {
  const found: { kind: string; id: string }[] = [];
  let environment: string | null = null;
  const visit = (name: string, value: unknown, depth: number): void => {
    if (found.length >= MAX_TARGETS || depth > MAX_NESTING) return;
    if (Array.isArray(value)) return value.slice(0, MAX_TARGETS).forEach((item) => visit(name, item, depth + 1));
    if (typeof value === "object" && value !== null) {
      return Object.entries(value).slice(0, 64).forEach(([key, item]) => visit(key, item, depth + 1));
    }
    if ((typeof value !== "string" && typeof value !== "number") || value === "") return;
    const text = String(value).slice(0, 256);
    if (/^env(ironment)?(Id|Name)?$/i.test(name)) environment ??= statedEnvironment(text);
    const id = ID.exec(name);
    if (id !== null) found.push({ kind: id[1] === "" ? fieldKind : kindOf(id[1]!), id: text });
    else if (NAMES.test(name)) found.push({ kind: fieldKind, id: text });
  };
  for (const [name, value] of Object.entries(args)) visit(name, value, 0);
  return found.map((target) => ({ ...target, environment }));
}

const kindOf = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
