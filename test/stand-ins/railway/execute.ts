/** Runs one GraphQL request against the world and journals every root field that it selects. */
import { GraphQLError, Kind, execute, parse, validate, type DocumentNode, type ExecutionResult } from "graphql";
import { NotAuthorized } from "./authority.ts";
import type { Journal } from "./journal.ts";
import { MUTATIONS, QUERIES, type Call, type Resolver } from "./resolvers.ts";
import { schema } from "./schema.ts";

export interface GraphQLRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | null;
}

export type Prepared =
  | { readonly kind: "ready"; readonly document: DocumentNode; readonly operations: readonly string[]; readonly request: GraphQLRequest }
  | { readonly kind: "invalid"; readonly result: ExecutionResult };

/** Parsed documents kept: clients send the same few texts again and again. */
const PARSED_DOCUMENTS = 256;
const parsed = new Map<string, DocumentNode>();

export function prepare(request: GraphQLRequest): Prepared {
  try {
    let document = parsed.get(request.query);
    if (document === undefined) {
      document = parse(request.query, { maxTokens: 5_000 });
      const errors = validate(schema, document);
      if (errors.length > 0) return { kind: "invalid", result: { errors } };
      if (parsed.size >= PARSED_DOCUMENTS) parsed.clear();
      parsed.set(request.query, document);
    }
    return { kind: "ready", document, operations: rootFields(document, request.operationName), request };
  } catch (error) {
    const syntax = error instanceof GraphQLError ? error : new GraphQLError("malformed document");
    return { kind: "invalid", result: { errors: [syntax] } };
  }
}

function rootFields(document: DocumentNode, operationName: string | null): string[] {
  const names: string[] = [];
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    if (operationName !== null && definition.name?.value !== operationName) continue;
    for (const selection of definition.selectionSet.selections) if (selection.kind === Kind.FIELD) names.push(selection.name.value);
  }
  return names;
}

export async function run(prepared: Extract<Prepared, { kind: "ready" }>, call: Call, journal: Journal, receivedMs: number): Promise<ExecutionResult> {
  const journalled = (operation: string, resolver: Resolver) => (args: Readonly<Record<string, unknown>>) => {
    const entry = { receivedMs, tokenId: call.caller?.id ?? null, operation, target: targetOf(args) };
    try {
      const value = resolver(args, call);
      journal.add({ ...entry, result: "executed" });
      return value;
    } catch (error) {
      journal.add({ ...entry, result: error instanceof NotAuthorized ? "refused" : "failed" });
      throw error;
    }
  };
  const root = Object.fromEntries(Object.entries({ ...QUERIES, ...MUTATIONS }).map(([name, resolver]) => [name, journalled(name, resolver)]));
  return execute({
    schema,
    document: prepared.document,
    rootValue: root,
    variableValues: prepared.request.variables,
    ...(prepared.request.operationName === null ? {} : { operationName: prepared.request.operationName }),
  });
}

const TARGETS = ["volumeInstanceBackupId", "volumeId", "volumeInstanceId", "id", "projectId", "serviceId"];

function targetOf(args: Readonly<Record<string, unknown>>): string | null {
  for (const name of TARGETS) if (typeof args[name] === "string") return args[name];
  return null;
}
