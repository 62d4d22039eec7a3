/** GraphQL as it travels: a JSON body, a batch of them, a bare document, or a GET query string. */
import { MAX_GRAPHQL_BATCH, PARSER_INPUT_CHARS } from "../bounds.ts";
import { compose, type Parse, unknownVerdict, worseParse } from "../compose.ts";
import type { Classification, Verdict } from "../verdict.ts";
import { classifyGraphql } from "./graphql.ts";

const HASH_ONLY = "Only the hash of a stored query was sent: what it does cannot be seen.";

/** A form with a document in `query`. */
const FORM = /^([\w-]{1,64}=[^&]*&){0,8}query=(%20|%0A|\+|\s)*(query|mutation|subscription|fragment|%7B|\{)/i;
const FIELDS = /^(query|mutation|variables|operationName|operations|extensions|id|map)=/;

/** The fields of a form (`query=…&variables=…`), or of the `operations` that a form with files carries; null where it is no form. */
function formOf(body: string): unknown {
  const operations = FIELDS.test(body) ? new URLSearchParams(body).get("operations") : (/name="operations"\s*\r?\n(?:[\w-]+:[^\n]*\n)*\r?\n([^]*?)\r?\n--/.exec(body)?.[1] ?? null);
  if (operations === null) return FIELDS.test(body) ? Object.fromEntries(new URLSearchParams(body)) : null;
  try {
    return JSON.parse(operations);
  } catch {
    return {};
  }
}

/** Whether a body or URL is GraphQL: by its path, its content type, or a JSON `query` that reads like a document. */
export function looksLikeGraphql(url: string | null, body: string | null): boolean {
  if (url !== null && /\/(graphql|gql)(\/|\.json|\?|$)/i.test(url)) return true;
  if (body === null) return false;
  if (FORM.test(body.slice(0, PARSER_INPUT_CHARS))) return true;
  return /^\s*[[{][^]*"(query|mutation)"\s*:\s*"\s*(\\[nrt]|\s|#)*(query|mutation|subscription|fragment|\{)/.test(body.slice(0, PARSER_INPUT_CHARS));
}

/**
 * Classifies the body of a POST to a GraphQL endpoint. In a batch every member counts. A body that no one can read, and a
 * persisted query of which only the hash is sent, is `unknown`.
 */
export function classifyGraphqlBody(url: string | null, body: string): Classification {
  if (body.length > PARSER_INPUT_CHARS) return opaque("graphql.too-long", "The GraphQL request is too long to be judged.");
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    const form = formOf(body);
    if (form !== null) return classifyMember(url, form);
    // `application/graphql` sends the bare document.
    return classifyGraphql({ url, document: body, operationName: null, variables: null });
  }
  const members: readonly unknown[] = Array.isArray(value) ? value : [value];
  const verdicts: Verdict[] = [];
  let parse: Parse = "parsed";
  for (const member of members.slice(0, MAX_GRAPHQL_BATCH)) {
    const judged = classifyMember(url, member);
    verdicts.push(...judged.verdicts);
    parse = worseParse(parse, judged.parse);
  }
  if (members.length > MAX_GRAPHQL_BATCH) {
    verdicts.push(unknownVerdict("graphql.unknown", "graphql.batch-too-long", "The batch holds more operations than are judged."));
    parse = worseParse(parse, "partial");
  }
  return compose(verdicts, parse);
}

function classifyMember(url: string | null, member: unknown): Classification {
  const fields = (typeof member === "object" && member !== null ? member : {}) as Record<string, unknown>;
  const document = fields["query"] ?? fields["mutation"] ?? fields["document"];
  if (typeof document !== "string" || document === "") return opaque("graphql.hash-only", HASH_ONLY);
  const { operationName, variables } = fields;
  return classifyGraphql({
    url,
    document,
    operationName: typeof operationName === "string" && operationName !== "" ? operationName : null,
    variables: variables === undefined || variables === null ? null : textOf(variables),
  });
}

/** Classifies a GET: `?query=…&variables=…&operationName=…`. */
export function classifyGraphqlQueryString(url: string): Classification {
  const parameters = URL.parse(url)?.searchParams;
  const document = parameters?.get("query") ?? null;
  if (document === null) return opaque("graphql.hash-only", HASH_ONLY);
  return classifyGraphql({
    url,
    document,
    operationName: parameters?.get("operationName") ?? null,
    variables: parameters?.get("variables") ?? null,
  });
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function opaque(rule: string, reason: string): Classification {
  return compose([unknownVerdict("graphql.unknown", rule, reason)], "unparsable");
}
