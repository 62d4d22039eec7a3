/** One case: a seed, some mutations, and the call in which an agent would have made it. All follows from the run's seed and its number. */
import type { Classifiable } from "@tripline/core";
import { toolCall } from "../quality/classification/protocol.ts";
import { Random } from "../quality/random.ts";
import { garbage } from "./mutations/garbage.ts";
import { bodyOf, curlOf, rewritten } from "./mutations/graphql.ts";
import { single } from "./mutations/quoting.ts";
import type { Mutation } from "./mutations/mutation.ts";
import { spelled, WRAPPINGS } from "./mutations/shell.ts";
import { carried, SQL_MUTATIONS } from "./mutations/sql.ts";
import { COMMAND_SEEDS, SCRIPT_SEEDS } from "./seeds/commands.ts";
import type { GraphqlSeed, Seed, SqlSeed, Truth } from "./seeds/seed.ts";
import { GRAPHQL_SEEDS, SQL_SEEDS } from "./seeds/statements.ts";

export interface FuzzCase {
  readonly number: number;
  /** Null: garbage, of which nothing is known. */
  readonly truth: Truth | null;
  readonly language: Seed["language"];
  /** Mutations in the order in which they were made. */
  readonly trail: readonly string[];
  readonly text: string;
  readonly call: Classifiable;
}

const GARBAGE_SHARE = 0.1;
const MAX_WRAPPINGS = 3;
const RAILWAY = "https://backboard.railway.com/graphql/v2";

const shellCall = (command: string): Classifiable => ({ tool: "Bash", request: { kind: "shell", command }, inputs: null, operation: null, resource: null });
const sqlCall = (text: string): Classifiable => ({ tool: "db", request: { kind: "sql", system: "other_sql", text }, inputs: null, operation: null, resource: null });

/** Case `number` of the run with this seed. */
export function caseOf(seed: number, number: number): FuzzCase {
  const random = new Random(seed * 1_000_003 + number);
  const drawn = draw(random);
  if (random.chance(GARBAGE_SHARE)) return garbageCase(number, drawn, random);
  const made = mutated(drawn, random);
  return { number, truth: drawn.truth, language: drawn.language, ...made };
}

function draw(random: Random): Seed {
  const share = random.next();
  if (share < 0.5) return random.pick(COMMAND_SEEDS);
  if (share < 0.6) return random.pick(SCRIPT_SEEDS);
  return share < 0.85 ? random.pick(SQL_SEEDS) : random.pick(GRAPHQL_SEEDS);
}

type Made = Pick<FuzzCase, "trail" | "text" | "call">;

function mutated(seed: Seed, random: Random): Made {
  switch (seed.language) {
    case "command": {
      const { name, text, isSimple } = spelled(seed.words, random);
      return wrapped(text, isSimple, seed.truth, [name], random);
    }
    case "script":
      return wrapped(seed.text, false, seed.truth, [], random);
    case "sql":
      return sqlMade(seed, random);
    case "graphql":
      return graphqlMade(seed, random);
  }
}

function wrapped(start: string, isCommand: boolean, truth: Truth, trail: readonly string[], random: Random): Made {
  let text = start;
  let takesAll = isCommand;
  const names = [...trail];
  for (let left = random.below(MAX_WRAPPINGS + 1); left > 0; left -= 1) {
    const fitting = random.pick(takesAll ? WRAPPINGS : LISTS);
    if (fitting.only !== undefined && fitting.only !== truth) continue;
    text = fitting.apply(text, random);
    takesAll = fitting.givesCommand === true;
    names.push(fitting.name);
  }
  return { trail: names, text, call: shellCall(text) };
}

const LISTS: readonly Mutation[] = WRAPPINGS.filter(({ takesCommand }) => takesCommand !== true);

function sqlMade(seed: SqlSeed, random: Random): Made {
  let text = seed.text;
  const trail: string[] = [];
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const fitting = random.pick(SQL_MUTATIONS);
    if (fitting.only !== undefined && fitting.only !== seed.truth) continue;
    text = fitting.apply(text, random);
    trail.push(fitting.name);
  }
  const { carrier, name, text: carrying } = carried(text, random);
  trail.push(name);
  if (carrier === "shell") return random.chance(0.5) ? { trail, text: carrying, call: shellCall(carrying) } : wrapped(carrying, / -q?c |-e |\.db /.test(carrying), seed.truth, trail, random);
  return { trail, text, call: carrier === "sql" ? sqlCall(text) : toolCall("execute_sql", { [random.pick(["sql", "query", "statement"])]: text }) };
}

function graphqlMade(seed: GraphqlSeed, random: Random): Made {
  const made = rewritten(seed, random);
  const { document, operationName, variables, trail } = made;
  const url = random.pick([RAILWAY, "https://api.example.com/graphql"]);
  switch (random.below(4)) {
    case 0: {
      const body = bodyOf(made, random);
      return { trail: [...trail, "http"], text: body, call: { tool: "http", request: { kind: "http", method: "POST", url, body }, inputs: null, operation: null, resource: null } };
    }
    case 1: {
      const text = curlOf(url, bodyOf(made, random), random);
      return random.chance(0.5) ? { trail: [...trail, "curl"], text, call: shellCall(text) } : wrapped(text, true, seed.truth, [...trail, "curl"], random);
    }
    case 2:
      return { trail: [...trail, "tool"], text: document, call: toolCall("graphql_query", { url, query: document, ...(variables === null ? {} : { variables: JSON.parse(variables) as unknown }), ...(operationName === null ? {} : { operationName }) }) };
    default:
      return { trail: [...trail, "graphql"], text: document, call: { tool: "graphql", request: { kind: "graphql", url, document, operationName, variables }, inputs: null, operation: null, resource: null } };
  }
}

function garbageCase(number: number, seed: Seed, random: Random): FuzzCase {
  const base = mutated(seed, random).text;
  const { name, text } = garbage(base === "" ? "x" : base, mutated(draw(random), random).text, random);
  const { language } = seed;
  return { number, truth: null, language, trail: [name], text, call: garbageCall(language, text) };
}

function garbageCall(language: Seed["language"], text: string): Classifiable {
  switch (language) {
    case "command":
    case "script":
      return shellCall(text);
    case "sql":
      // As it is, as a tool's argument, and as a string in code.
      return text.length % 3 === 0 ? sqlCall(text) : text.length % 3 === 1 ? toolCall("query", { query: text }) : shellCall(`python3 -c ${single(`cur.execute(${JSON.stringify(text)})`)}`);
    case "graphql":
      return { tool: "graphql", request: { kind: "graphql", url: null, document: text, operationName: null, variables: text }, inputs: null, operation: null, resource: null };
  }
}
