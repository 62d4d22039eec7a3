/** P5: what tools and APIs are named. MCP tools with their servers' own hints, AWS actions with their access level, GraphQL mutations. */
import { type DataFile, type Row, textIn } from "../data/data-set.ts";
import { type Case, type Protocol, type Reading, setName, sourceOf, toolCall } from "./protocol.ts";

const isTool = (row: Row): boolean => textIn(row, "server") !== null && textIn(row, "tool") !== null && row["readOnlyHint"] !== undefined;
const isOperation = (row: Row): boolean => textIn(row, "api") !== null && textIn(row, "op") !== null && textIn(row, "access") !== null;

const MUTATION = "mutation";
const CHANGING: ReadonlySet<string> = new Set(["Write", "Permissions management", "Tagging"]);
const READING: ReadonlySet<string> = new Set(["Read", "List"]);

const ACTION_FORMS = ["cli", "tool"];
const MUTATION_FORMS = ["curl", "http", "document"];

export const OPERATIONS: Protocol = {
  name: "P5",
  what: "MCP tools, AWS actions and GraphQL mutations, as calls without telling values",
  recognises: (row) => isTool(row) || isOperation(row),
  read(row, file) {
    if (isTool(row)) return tool(row, file);
    if (!isOperation(row)) return { kind: "unreadable", reason: "no-operation" };
    return row["access"] === MUTATION ? mutation(row) : action(row);
  },
  questions: [
    { role: "write", measure: "recall", setting: "sideEffect", forms: [null], goal: { atLeast: 0.98 }, reference: "verbs 0.97" },
    { role: "write", measure: "precision", against: "read", setting: "sideEffect", forms: [null], goal: { atLeast: 0.92 }, reference: "verbs 0.84" },
    { role: "destructive", measure: "recall", setting: "overwrites", forms: [null], goal: { atLeast: 0.88 }, reference: "delete verbs 0.33, broad verbs 0.58" },
    { role: "destructive", measure: "precision", against: "notDestructive", setting: "overwrites", forms: [null], goal: { atLeast: 0.8 }, reference: "delete verbs 1.00, broad verbs 0.71" },
    { role: "destructive", measure: "recall", setting: "destructive", forms: [null] },
    { role: "destructive", measure: "precision", against: "notDestructive", setting: "destructive", forms: [null] },
    { role: "destructive", measure: "recall", setting: "approval", forms: [null] },
    { role: "write", measure: "recall", setting: "sideEffect", forms: ACTION_FORMS, goal: { atLeast: 0.98 }, reference: "verbs 0.971" },
    { role: "write", measure: "precision", against: "read", setting: "sideEffect", forms: ACTION_FORMS, goal: { atLeast: 0.93 }, reference: "verbs 0.896" },
    { role: "deletes", measure: "recall", setting: "approval", forms: MUTATION_FORMS, goal: { atLeast: 1 }, reference: "asked for all of them" },
    { role: "deletes", measure: "recall", setting: "irreversible", forms: MUTATION_FORMS },
    { role: "removes", measure: "recall", setting: "approval", forms: MUTATION_FORMS, listed: true, reference: "asked for all of them" },
    { role: "other", measure: "flagged", setting: "irreversible", forms: MUTATION_FORMS, listed: true },
    { role: "other", measure: "flagged", setting: "approval", forms: MUTATION_FORMS },
  ],
};

/** The schema's argument names are known, their values are not; the text of one says nothing. */
const ARGUMENT_VALUE = "value";

function tool(row: Row, file: DataFile): Reading {
  const [server, name] = [textIn(row, "server")!, textIn(row, "tool")!];
  const { readOnlyHint, destructiveHint } = row;
  if (typeof readOnlyHint !== "boolean") return { kind: "not-measured", reason: "no-hint" };
  const given = Array.isArray(row["args"]) ? row["args"].filter((arg) => typeof arg === "string") : [];
  const call = toolCall(`mcp__${server}__${name}`, Object.fromEntries(given.map((arg) => [arg, ARGUMENT_VALUE])));
  // A tool that reads destroys nothing, whatever its other hint says. A hint not given counts as not destructive, which is the harder way.
  const roles = readOnlyHint ? ["read", "notDestructive"] : ["write", destructiveHint === true ? "destructive" : "notDestructive"];
  return { kind: "cases", cases: [{ set: sourceOf(row, file), roles, form: null, call, group: server, text: `${server} ${name}: ${textIn(row, "desc") ?? ""}` }] };
}

function action(row: Row): Reading {
  const [api, service, op] = [textIn(row, "api")!, textIn(row, "service") ?? "service", textIn(row, "op")!];
  const levels = textIn(row, "access")!.split(",").map((level) => level.trim());
  if (!levels.every((level) => CHANGING.has(level) || READING.has(level))) return { kind: "unreadable", reason: "unknown-access" };
  const role = levels.some((level) => CHANGING.has(level)) ? "write" : "read";
  const about = { set: setName(api), roles: [role], group: service, text: `${service} ${op}: ${textIn(row, "desc") ?? ""}` };
  const command = `${setName(api)} ${service} ${dashed(op)}`;
  const cases: Case[] = [
    { ...about, form: "cli", call: toolCall("Bash", { command }) },
    { ...about, form: "tool", call: toolCall(`mcp__${service}__${op}`, {}) },
  ];
  return { kind: "cases", cases };
}

/** `DeleteDBCluster` is `delete-db-cluster` on the command line. */
function dashed(op: string): string {
  return op
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}

/** A host of no service that tables know: what is measured is what a mutation's name gives away. */
const ENDPOINT = "https://api.example.com/graphql";

function mutation(row: Row): Reading {
  const [api, op] = [textIn(row, "api")!, textIn(row, "op")!];
  if (!/^[A-Za-z_]\w*$/.test(op)) return { kind: "unreadable", reason: "no-mutation-name" };
  const desc = textIn(row, "desc") ?? "";
  const query = `mutation { ${op}(id: "value") { __typename } }`;
  const body = JSON.stringify({ query });
  const about = { set: setName(api), roles: [roleOf(op, desc)], group: textIn(row, "service") ?? api, text: `${op}: ${desc}` };
  const cases: Case[] = [
    { ...about, form: "curl", call: toolCall("Bash", { command: `curl -s -X POST ${ENDPOINT} -H 'Content-Type: application/json' -d '${body}'` }) },
    { ...about, form: "http", call: toolCall("http_request", { method: "POST", url: ENDPOINT, body }) },
    { ...about, form: "document", call: toolCall("graphql", { query }) },
  ];
  return { kind: "cases", cases };
}

const words = (name: string): string[] => name.split(/(?=[A-Z])|_/).map((word) => word.toLowerCase());

/** Told by name or, where the name is silent, by the first word of the description: mutations carry no label. */
function roleOf(op: string, desc: string): "deletes" | "removes" | "other" {
  const named = words(op);
  if (named.some((word) => /^(delete|purge|wipe)s?$/.test(word)) || /^\W*(permanently\s+)?(delete|purge|wipe)s?\b/i.test(desc)) return "deletes";
  return named.some((word) => /^(remove|force|clear|destroy|erase)s?$/.test(word)) || /^\W*(remove|clear|destroy|erase)s?\b/i.test(desc) ? "removes" : "other";
}
