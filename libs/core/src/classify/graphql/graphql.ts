/** Judges GraphQL requests by their syntax tree: aliases, fragments, several operations, variables, batches. */
import { type DocumentNode, type FieldNode, type FragmentDefinitionNode, Kind, type OperationDefinitionNode, OperationTypeNode, parse, type SelectionSetNode } from "graphql/language/index.js";
import { MAX_GRAPHQL_FIELDS, MAX_GRAPHQL_TOKENS, PARSER_INPUT_CHARS } from "../bounds.ts";
import { compose, type Parse, type Span, unknownVerdict, verdictOf } from "../compose.ts";
import { mayTakeProtection, protectionTakenBy, protectionTurnedOff, protectionVerdict } from "../protection/protection.ts";
import { nounsOfName, verbMeaning } from "../verbs.ts";
import type { Classification, Verdict } from "../verdict.ts";
import { argumentsOf, targetsOf, type Variables, variablesOf } from "./arguments.ts";
import type { Arguments, GraphqlService } from "./service.ts";
import { rulesOf, serviceKnowing, serviceOf } from "./services.ts";

export interface GraphqlRequest {
  readonly url: string | null;
  readonly document: string;
  readonly operationName: string | null;
  /** JSON text, or null. */
  readonly variables: string | null;
}

const unparsable = (rule: string, reason: string): Classification => compose([unknownVerdict("graphql.unknown", rule, reason)], "unparsable");

/**
 * Classifies one GraphQL request. Every selected root field is judged; the worst decides. Never throws: a document that does
 * not parse, or is longer than PARSER_INPUT_CHARS, is `unknown`.
 */
export function classifyGraphql(request: GraphqlRequest): Classification {
  const { document, operationName } = request;
  if (document.length > PARSER_INPUT_CHARS) return unparsable("graphql.too-long", "The GraphQL document is too long to be judged.");
  let parsed: DocumentNode;
  try {
    parsed = parse(document, { maxTokens: MAX_GRAPHQL_TOKENS });
  } catch {
    return unparsable("graphql.unparsable", "The GraphQL document does not parse.");
  }
  const variables = sentVariables(request.variables);
  const judged = new Judgement(parsed, request.url);
  for (const operation of selected(parsed, operationName)) judged.operation(operation, variables ?? {});
  return compose(judged.verdicts, variables === null ? "partial" : judged.parse);
}

/** Null where variables were sent that no one can read. */
function sentVariables(text: string | null): Variables | null {
  if (text === null || text === "") return {};
  if (text.length > PARSER_INPUT_CHARS) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (value === null) return {};
    return typeof value === "object" && !Array.isArray(value) ? (value as Variables) : null;
  } catch {
    return null;
  }
}

/** A server runs the named operation alone; where the name fits none, all count, as no one knows what a lax server does. */
function selected(document: DocumentNode, operationName: string | null): readonly OperationDefinitionNode[] {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  const named = operations.filter(({ name }) => name?.value === operationName);
  return operationName === null || named.length === 0 ? operations : named;
}

/** One pass over one document. */
class Judgement {
  readonly verdicts: Verdict[] = [];
  parse: Parse = "parsed";
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #service: GraphqlService | null;
  readonly #url: string | null;
  #fields = 0;

  constructor(document: DocumentNode, url: string | null) {
    const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((node) => [node.name.value, node]));
    this.#service = serviceOf(url);
    this.#url = url;
  }

  operation(operation: OperationDefinitionNode, sent: Variables): void {
    const variables = variablesOf(operation, sent);
    for (const field of this.#rootFields(operation.selectionSet, new Set())) {
      if (operation.operation === OperationTypeNode.MUTATION) this.verdicts.push(...this.#mutation(field, variables));
      else this.verdicts.push(this.#read(field, variables));
    }
  }

  /** Fragments are followed once per path; a cycle or too many fields makes the parse partial and adds an unknown. */
  *#rootFields(set: SelectionSetNode, path: ReadonlySet<string>): Generator<FieldNode> {
    for (const selection of set.selections) {
      this.#fields += 1;
      if (this.#fields > MAX_GRAPHQL_FIELDS) return this.#giveUp("graphql.too-many-fields", "The document selects too many fields to be judged.");
      if (selection.kind === Kind.FIELD) yield selection;
      else if (selection.kind === Kind.INLINE_FRAGMENT) yield* this.#rootFields(selection.selectionSet, path);
      else {
        const name = selection.name.value;
        const fragment = this.#fragments.get(name);
        if (fragment === undefined || path.has(name)) this.#giveUp("graphql.fragment", "A fragment is missing or refers to itself.");
        else yield* this.#rootFields(fragment.selectionSet, new Set(path).add(name));
      }
    }
  }

  #giveUp(rule: string, reason: string): void {
    if (this.parse === "parsed") this.verdicts.push(unknownVerdict("graphql.unknown", rule, reason));
    this.parse = "partial";
  }

  #mutation(node: FieldNode, variables: Variables): Verdict[] {
    const args = argumentsOf(node.arguments, variables);
    const own = this.#change(node, args);
    const field = node.name.value;
    const taken = mayTakeProtection(own.effect) ? (protectionTakenBy(field) ?? protectionTurnedOff(args)) : null;
    return taken === null ? [own] : [protectionVerdict(taken, own.operation, own.effect, own.targets, own.span), own];
  }

  #change(node: FieldNode, args: Arguments): Verdict {
    const field = node.name.value;
    const service = this.#service ?? (this.#url === null ? serviceKnowing(field) : null);
    const known = rulesOf(service, field).find(({ when }) => when?.(args) ?? true);
    const operation = `${service?.name ?? "graphql"}.${field}`;
    const targets = targetsOf(args, kindOfField(field));
    const radius: Pick<Verdict, "blast"> = targets.length > 1 && holdsList(args) ? { blast: { extent: "named", count: targets.length } } : {};
    if (known !== undefined) return verdictOf({ ...known, ...radius, operation }, `graphql.${operation}`, targets, spanOf(node));
    const meaning = verbMeaning(field);
    if (meaning === null || meaning.effect === "read") {
      const reason = `${field} is a mutation that nothing here knows.`;
      return verdictOf({ operation, effect: "write", reversibility: "unknown", reason }, "graphql.mutation", targets, spanOf(node));
    }
    const { effect, verb, overwrites } = meaning;
    if (overwrites && reachesAll(args)) {
      const reason = `The mutation ${field} has an empty condition: it reaches everything.`;
      const all = { blast: { extent: "all", count: null } } as const;
      return verdictOf({ operation, effect, reversibility: "irreversible", reason, overwrites, safer: "State a condition.", ...all }, "graphql.unconditional", targets, spanOf(node));
    }
    const reason = `The mutation ${field} is not in any table; its name says \`${verb}\`.`;
    const safer = effect === "delete" ? { safer: "Query what it would take first, or archive it." } : {};
    return verdictOf({ operation, effect, reversibility: meaning.reversibility, reason, overwrites, ...safer, ...radius }, `graphql.verb.${verb}`, targets, spanOf(node));
  }

  #read(node: FieldNode, variables: Variables): Verdict {
    const field = node.name.value;
    const known = { operation: `${this.#service?.name ?? "graphql"}.${field}`, effect: "read", reversibility: "reversible", reason: `Queries ${field}.` } as const;
    return verdictOf(known, "graphql.query", targetsOf(argumentsOf(node.arguments, variables), kindOfField(field)), spanOf(node));
  }
}

function spanOf(node: FieldNode): Span | null {
  return node.loc === undefined ? null : { start: node.loc.start, end: node.loc.end };
}

/** `where: {}`, as servers that are generated from a database take conditions: true of every row. */
function reachesAll(args: Arguments): boolean {
  return ["where", "filter", "condition"].some((name) => {
    const condition = args[name];
    return typeof condition === "object" && condition !== null && !Array.isArray(condition) && Object.keys(condition).length === 0;
  });
}

const holdsList = (args: Arguments): boolean => Object.values(args).some((value) => Array.isArray(value) || (typeof value === "object" && value !== null && Object.values(value).some(Array.isArray)));

/** `volumeInstanceBackupDelete` and `deleteVolumeInstanceBackup` both speak of a volume-instance-backup. */
function kindOfField(field: string): string {
  const words = nounsOfName(field);
  return words.length === 0 ? "object" : words.join("-");
}
