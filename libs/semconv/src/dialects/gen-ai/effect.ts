/** Spans of what a tool did to the world: a query, a request, a GraphQL operation. */
import type { Request, ResourceRef } from "@tripline/model";
import { countOf, readText as read } from "../../attribute-text.ts";
import type { ItemView } from "../../otlp/item.ts";
import { DB, GRAPHQL, HTTP } from "./names.ts";

/** The kind of side effect a span describes, or null. GraphQL first: its spans often carry the HTTP attributes as well. */
export function effectKind(item: ItemView): "graphql" | "sql" | "http" | null {
  if (read(item, GRAPHQL.document) !== null) return "graphql";
  if (read(item, DB.system) !== null) return "sql";
  return read(item, HTTP.method) !== null ? "http" : null;
}

/** What ran, as far as the span tells. A database span without its text still names operation and collection. */
export function effectRequest(item: ItemView): Request | null {
  switch (effectKind(item)) {
    case "graphql":
      return {
        kind: "graphql",
        url: read(item, HTTP.url),
        document: read(item, GRAPHQL.document) ?? "",
        operationName: read(item, GRAPHQL.operationName),
        variables: null,
      };
    case "sql":
      return { kind: "sql", system: read(item, DB.system) ?? "", text: read(item, DB.text) ?? databaseSummary(item) };
    case "http": {
      const url = read(item, HTTP.url);
      return url === null ? null : { kind: "http", method: read(item, HTTP.method) ?? "", url, body: null };
    }
    case null:
      return null;
  }
}

/** `DELETE users`: the form of the conventions' own query summary; parsers call it unknown where it is no SQL. */
function databaseSummary(item: ItemView): string {
  return [read(item, DB.operation), read(item, DB.collection)].filter((part) => part !== null).join(" ");
}

export function effectResource(item: ItemView): ResourceRef | null {
  const namespace = effectKind(item) === "sql" ? read(item, DB.namespace) : null;
  return namespace === null ? null : { kind: "database", id: namespace, environment: null };
}

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;

/** True where the other side refused the credential or its rights. */
export function wasRefused(item: ItemView): boolean {
  for (const name of HTTP.status) {
    const status = countOf(item.attr(name));
    if (status !== null) return status === UNAUTHORIZED || status === FORBIDDEN;
  }
  return false;
}
