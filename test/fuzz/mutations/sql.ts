/** Blanks, case, comments and wrappings of SQL, and the command lines and tools that carry it. */
import type { Random } from "../../quality/random.ts";
import { type Mutation, mutation } from "./mutation.ts";
import { single } from "./quoting.ts";

/** Comments and blanks come and go; strings and what stands in dollar quotes stay. */
const TOKENS = /--[^\n]*|\/\*[^]*?\*\/|\$it\$[^]*?\$it\$|'(?:[^']|'')*'|"[^"]*"|\w+|\s+|[^\s\w]/g;
const IS_GAP = /^(?:--|\/\*|\s)/;
const GAPS = [" ", " ", "  ", "\t", "\n", "\r\n", " /* drop */ ", "/**/", " -- note\n", " --\n", "\n\n\t"];
const NOTES = ["", "", " ", "\n", "/* first */ ", "-- first\n", " ;", "\t"];

const flipped = (text: string, random: Random): string => text.replace(/[a-z]/gi, (char) => (random.chance(0.5) ? char.toUpperCase() : char.toLowerCase()));
const isWord = (token: string): boolean => /^[a-z_]\w*$/i.test(token);

/** Every token kept, blanks between them changed; blanks that part nothing may come and go. */
export function respaced(text: string, random: Random): string {
  const tokens = (text.match(TOKENS) ?? []).filter((token) => !IS_GAP.test(token));
  const parts: string[] = [];
  for (const [at, token] of tokens.entries()) {
    const before = tokens[at - 1];
    // `1=1` needs no blanks, `drop table` does; two signs might join to another one.
    const needed = before !== undefined && (/\w$/.test(before) || before.endsWith("'")) && /^[\w']/.test(token);
    const sticks = before === "." || token === "." || token === "(" || (before !== undefined && /[^\s\w'")]$/.test(before) && /^[^\s\w'"(]/.test(token));
    if (before !== undefined) parts.push(sticks ? (token === "(" && isWord(before) ? " " : "") : needed || random.chance(0.7) ? random.pick(GAPS) : "");
    parts.push(token);
  }
  return random.pick(NOTES) + parts.join("") + random.pick(["", "", ";", " ;", " -- last", "\n/* last */", ";\n"]);
}

const recased = (text: string, random: Random): string => text.replace(TOKENS, (token) => (isWord(token) && !/^(id|name|active|email|team|users|shop)$/.test(token) ? flipped(token, random) : token));

const bare = (text: string): string => text.replace(/[\s;]+$/, "");
/** A comment to the end of the line would swallow what is put behind it. */
const closed = (text: string): string => (/--[^\n]*$/.test(text) ? `${text}\n` : text);
const before = (first: string): Mutation => mutation(`after ${first}`, (text) => `${first}; ${text}`);
const onlyIf = (pattern: RegExp, wrap: (text: string) => string) => (text: string): string => (pattern.test(text) && !text.includes(";") ? wrap(text) : text);
/** Within its own dollar quotes a block would end where the inner one begins. */
const unlessBlock = (wrap: (text: string) => string) => (text: string): string => (text.includes("$it$") ? text : wrap(text));

export const SQL_MUTATIONS: readonly Mutation[] = [
  mutation("blanks and comments", respaced),
  mutation("case", recased),
  mutation("case and blanks", (text, random) => respaced(recased(text, random), random)),
  before("select 1"),
  before("begin"),
  before("set search_path = shop"),
  mutation("transaction", (text) => `begin; ${closed(bare(text))}; commit`),
  mutation("before others", (text) => `${closed(bare(text))}; select 'done'`),
  mutation("table alias", onlyIf(/^(delete from|select \* from) users( where|$)/i, (text) => text.replace(/users/i, "users as u"))),
  mutation("schema", onlyIf(/^(delete from|update|drop table|truncate table|alter table) users\b/i, (text) => text.replace(/users/i, "public.users"))),
  mutation("quoted name", onlyIf(/^(delete from|update|drop table|truncate table|alter table) users\b/i, (text) => text.replace(/users/i, '"users"'))),
  mutation("common table expression", onlyIf(/^(delete|update|insert) /i, (text) => `with one as (select 1) ${text}`)),
  mutation("in a common table expression", onlyIf(/^(delete|update|insert) /i, (text) => `with gone as (${closed(text)} returning *) select * from gone`)),
  mutation("explain analyze", onlyIf(/^(delete|update|insert|select) /i, (text) => `explain analyze ${text}`)),
  mutation("block", unlessBlock((text) => `do $it$ begin ${closed(bare(text))}; end $it$`), { only: "lost" }),
  mutation("executed string", unlessBlock((text) => `do $it$ begin execute '${bare(text).replaceAll("'", "''")}'; end $it$`), { only: "lost" }),
];

export type Carrier = "sql" | "tool" | "shell";

/** What the statement is handed to. Dollar quotes and double-quoted names are PostgreSQL's. */
export function carried(text: string, random: Random): { readonly carrier: Carrier; readonly name: string; readonly text: string } {
  const forAll = !/\$it\$|"users"|explain analyze|search_path|returning|with one|--[^\s]|--$|["`\\]/i.test(text);
  const clients = forAll ? ["psql -c", "mysql -e", "sqlite3 app.db", "psql shop -qc", "mariadb -e", "duckdb app.db -c"] : ["psql -c", "psql shop -qAtc"];
  // An operand that begins with a hyphen would be an option.
  const fitting = text.startsWith("-") ? clients.filter((client) => !client.includes(".db")) : clients;
  switch (random.below(6)) {
    case 0:
      return { carrier: "tool", name: "tool", text };
    case 1: {
      const client = random.pick(fitting);
      return { carrier: "shell", name: client, text: `${client} ${single(text)}` };
    }
    case 2:
      return { carrier: "shell", name: "here-document", text: `psql shop <<'SQL_ENDS'\n${text}\nSQL_ENDS` };
    case 3:
      return { carrier: "shell", name: "pipe", text: `printf '%s' ${single(text).replaceAll("%", "%%")} | psql shop`.replaceAll("%%", "%") };
    default:
      return { carrier: "sql", name: "sql", text };
  }
}
