/** GraphQL that asks for the same: aliases, fragments, variables, comments, several operations, and the ways in which it travels. */
import type { Random } from "../../quality/random.ts";
import type { GraphqlSeed } from "../seeds/seed.ts";
import { single } from "./quoting.ts";

const GAPS = [" ", " ", "\n", "\t", ",", "  ", " # volumeDelete {\n", " #\n", ", ,"];
const TOKENS = /"""[^]*?"""|"(?:[^"\\]|\\.)*"|\.\.\.|[\w$@]+|[{}()[\]:!=|]/g;

export interface GraphqlText {
  readonly document: string;
  readonly operationName: string | null;
  readonly variables: string | null;
  readonly trail: readonly string[];
}

/** Blanks, commas and comments between all tokens. */
function respaced(document: string, random: Random): string {
  return (document.match(TOKENS) ?? []).map((token) => token + (random.chance(0.5) ? random.pick(GAPS) : " ")).join("");
}

export function rewritten(seed: GraphqlSeed, random: Random): GraphqlText {
  const trail: string[] = [];
  const did = (name: string, probability: number): boolean => {
    const does = random.chance(probability);
    if (does) trail.push(name);
    return does;
  };
  let [field] = [random.pick(seed.fields)];
  let variables: Record<string, unknown> = {};
  let declared = "";
  if (did("alias", 0.4)) field = `${random.pick(["me", "x", "safe", "createUser"])}: ${field}`;
  const argument = /\((\w+): ("[^"]*")\)/.exec(field);
  if (argument !== null && did("variable", 0.3)) {
    field = field.replace(argument[0], `(${argument[1]}: $v)`);
    declared = did("default", 0.5) ? `($v: String = ${argument[2]})` : "($v: String!)";
    if (!declared.includes("=")) variables = { v: JSON.parse(argument[2]!) as unknown };
  }
  if (did("directive", 0.2)) field = /\{/.test(field.replace(/\([^]*\)/, "")) ? field.replace(/^([^({]*(?:\([^]*\))?) \{/, "$1 @include(if: true) {") : `${field} @include(if: true)`;
  let selection = field;
  let fragments = "";
  const root = seed.type === "mutation" ? "Mutation" : "Query";
  if (did("inline fragment", 0.2)) selection = `... on ${root} { ${selection} }`;
  if (did("bare inline fragment", 0.1)) selection = `... { ${selection} }`;
  if (did("fragment", 0.3)) {
    fragments = ` fragment F on ${root} { ${selection} }`;
    selection = "...F";
    if (did("fragment in a fragment", 0.4)) {
      fragments += ` fragment G on ${root} { ...F }`;
      selection = "...G";
    }
  }
  if (did("sibling", 0.3)) selection = random.chance(0.5) ? `__typename ${selection}` : `${selection} t: __typename`;
  const named = did("name", 0.5);
  const head = seed.type === "query" && !named && declared === "" && did("shorthand", 0.5) ? "" : `${seed.type}${named ? " Ask" : ""}${declared}`;
  let document = `${head} { ${selection} }`;
  document = fragments !== "" && random.chance(0.5) && head !== "" ? `${fragments} ${document}` : document + fragments;
  const several = named && did("second operation", 0.3);
  if (several) document += " query Other { other { id } }";
  if (did("blanks and comments", 0.6)) document = respaced(document, random);
  return { document, operationName: several ? "Ask" : null, variables: Object.keys(variables).length === 0 ? null : JSON.stringify(variables), trail };
}

/** The same as the body of a request; some clients escape what need not be. */
export function bodyOf({ document, operationName, variables }: GraphqlText, random: Random): string {
  const text = JSON.stringify({ ...(operationName === null ? {} : { operationName }), ...(variables === null ? {} : { variables: JSON.parse(variables) as unknown }), query: document });
  return random.chance(0.3) ? text.replace(/D(?=elete)/g, "\\u0044") : text;
}

export function curlOf(url: string, body: string, random: Random): string {
  const flag = random.pick(["-d", "--data", "--data-raw", "--json", "--data-binary"]);
  return random.chance(0.5) ? `curl -s -X POST ${url} -H 'Content-Type: application/json' ${flag} ${single(body)}` : `curl ${flag} ${single(body)} ${url}`;
}
