/** Whether a GraphQL server that knows Railway's operations loses something by a document. */
import { type DocumentNode, type FragmentDefinitionNode, Kind, type OperationDefinitionNode, OperationTypeNode, parse, type SelectionSetNode } from "graphql";
import { DESTROYING } from "@tripline/gate/hostile";

const FIELDS: ReadonlySet<string> = new Set(DESTROYING.graphql);
const MENTIONED = new RegExp(DESTROYING.graphql.join("|"));
const DEPTH = 200;

/** The field of loss that would be carried out. `operation`: the one that the request names. */
export function documentLoses(text: string, operation: unknown): string | null {
  const document = parsed(text.replace(/^\ufeff/, ""));
  if (document === null) return null;
  const operations = document.definitions.filter((one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION);
  const fragments = new Map(document.definitions.filter((one): one is FragmentDefinitionNode => one.kind === Kind.FRAGMENT_DEFINITION).map((one) => [one.name.value, one]));
  const chosen = operations.filter(({ name }) => typeof operation === "string" && name?.value === operation);
  // A name that fits none: some servers take the first, some the last, most none.
  for (const one of chosen.length > 0 ? chosen : operations) {
    const found = one.operation === OperationTypeNode.MUTATION ? fieldIn(one.selectionSet, fragments, 0) : null;
    if (found !== null) return found;
  }
  return null;
}

function parsed(text: string): DocumentNode | null {
  if (!MENTIONED.test(text)) return null;
  try {
    return parse(text, { noLocation: true, maxTokens: 100_000 });
  } catch {
    return null;
  }
}

function fieldIn({ selections }: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>, depth: number): string | null {
  if (depth > DEPTH) return null;
  for (const selection of selections) {
    if (selection.directives?.some(({ name, arguments: given }) => given?.some(({ value }) => value.kind === Kind.BOOLEAN && ((name.value === "skip" && value.value) || (name.value === "include" && !value.value)))) === true) continue;
    if (selection.kind === Kind.FIELD) {
      if (FIELDS.has(selection.name.value)) return selection.name.value;
      continue;
    }
    const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : fragments.get(selection.name.value)?.selectionSet;
    const found = inner === undefined ? null : fieldIn(inner, fragments, depth + 1);
    if (found !== null) return found;
  }
  return null;
}
