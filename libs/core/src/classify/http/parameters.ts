/** What a request says beside method and path: query string, form or JSON body as one tree, and the SQL that it may carry. */
import { MAX_NESTED_INPUTS, MAX_NESTING, PARSER_INPUT_CHARS } from "../bounds.ts";

export type Parameters = Readonly<Record<string, unknown>>;

/** Names and values of the query string and of the body, where it is a form or JSON. Nothing of a body that is neither. */
export function parametersOf(url: URL | null, body: string | null): Parameters {
  const queried = url === null ? {} : Object.fromEntries(url.searchParams);
  return { ...queried, ...bodyOf(body) };
}

const FORM = /^[\w.[\]%-]{1,128}=/;

function bodyOf(body: string | null): Parameters {
  const text = (body ?? "").slice(0, PARSER_INPUT_CHARS).trim();
  if (text.startsWith("{") || text.startsWith("[")) {
    try {
      const value: unknown = JSON.parse(text);
      return Array.isArray(value) ? { items: value } : (value as Parameters);
    } catch {
      return {};
    }
  }
  return FORM.test(text) ? Object.fromEntries(new URLSearchParams(text)) : {};
}

/** Where APIs of databases take their statements. `query` means a search elsewhere, so there the path must speak of SQL as well. */
const STATEMENT = /^(sql|sqls|statement|statements|stmt|querystring|sql_?text|sql_?query)$/i;
const QUERY = /^(query|queries|q)$/i;
const SQL_PATH = /sql|quer(y|ies)|statement|database|clickhouse|d1|pipeline|\/exec(ute)?$/i;
const SQL = /^(?:[\s(;]|--[^\n]*\n|#[^\n]*\n|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)*(?:select|insert|update|delete|drop|truncate|alter|create|grant|revoke|with|explain|begin|do|call|copy|merge|pragma|vacuum|replace)\b/i;
/** No text in a human language begins like that. */
const SQL_LOSS = /^[\s(;]*(?:drop\s+(?:table|database|schema|view|index|user|role)|truncate\s+table|delete\s+from|alter\s+table)\s/i;

/** SQL in the parameters, in order; at most MAX_NESTED_INPUTS statements. */
export function statementsIn(parameters: Parameters, path: string): string[] {
  const found: string[] = [];
  const visit = (name: string, value: unknown, depth: number): void => {
    if (depth > MAX_NESTING || found.length >= MAX_NESTED_INPUTS) return;
    if (typeof value === "string") {
      if ((STATEMENT.test(name) || (QUERY.test(name) && SQL_PATH.test(path))) && SQL.test(value)) found.push(value);
    } else if (Array.isArray(value)) {
      for (const item of value.slice(0, MAX_NESTED_INPUTS)) visit(name, item, depth + 1);
    } else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value).slice(0, 64)) visit(key, item, depth + 1);
    }
  };
  visit("", parameters, 0);
  return found;
}

/**
 * SQL that is the body itself, or a query string's, as databases take it at their root (ClickHouse, QuestDB). `isDatabase`: at this host nothing
 * else is taken, so that what is no statement is one that nobody can read.
 */
export function statementsAlone(url: URL | null, body: string | null, isDatabase: boolean): string[] {
  const path = url?.pathname ?? "";
  const asked = path === "/" || isDatabase ? (["query", "q", "sql"].map((name) => url?.searchParams.get(name)).find((value) => typeof value === "string") ?? "") : "";
  const text = (body ?? "").slice(0, PARSER_INPUT_CHARS).trim();
  const alone = /^[[{<]/.test(text) || FORM.test(text) ? "" : text;
  // The body goes on where the query string ends; data that is inserted is no statement.
  if (SQL.test(asked)) return [/^\s*insert\b/i.test(asked) ? asked : `${asked}\n${alone}`.trim()];
  if (isDatabase && path === "/") return [...(asked === "" ? [] : [asked]), ...(text === "" ? [] : [text])];
  return (SQL.test(alone) && (isDatabase || path === "/" || SQL_PATH.test(path))) || SQL_LOSS.test(alone) ? [alone] : [];
}
