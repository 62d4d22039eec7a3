/**
 * What the names of tools and of their arguments say. Few names are used in most calls, and a dozen patterns are tried on each:
 * what they say is remembered. Pure: a name always says the same.
 */
import type { Protection } from "../protection/table.ts";
import { protectionTakenBy } from "../protection/protection.ts";
import { type VerbMeaning, verbMeaning, wordsOfName } from "../verbs.ts";

/** Names of each kind that are remembered; all are forgotten when there are more, since names are chosen by others. */
export const REMEMBERED_NAMES = 512;
/** Longer names are looked at anew. */
export const REMEMBERED_NAME_CHARS = 256;

export interface ToolName {
  /** Its last part: `mcp__railway__volume_delete` and `railway.volumeDelete` are tools of a server, and that part says what is done. */
  readonly base: string;
  /** Runs command lines: that is its whole purpose. */
  readonly isShell: boolean;
  readonly mayRunCommands: boolean;
  /** The program that it stands for (`kubectl`, `run_terraform`): its commands may leave the program's name out. */
  readonly program: string | null;
  readonly maySendRequests: boolean;
  readonly isSql: boolean;
  /** OpenTelemetry's name of the database, where tool or server are named after it. */
  readonly system: string | undefined;
  /** Passes calls on to other tools, which its inputs name. */
  readonly callsTools: boolean;
  /** What it is given as a query is looked for, not run. */
  readonly searches: boolean;
  /** Says that something is changed, not what: an argument picks it. */
  readonly isGeneric: boolean;
  /** Says that something runs: what an argument picks can make it worse, not harmless. */
  readonly isRunning: boolean;
  readonly protection: Protection | null;
  /** Null where no table knows it. */
  readonly kind: "read" | "write" | "runtime" | null;
  readonly meaning: VerbMeaning | null;
}

export interface ArgumentName {
  /** Kind of the thing that its value names; null where it names none. */
  readonly targetKind: string | null;
  readonly statesEnvironment: boolean;
}

/** The same answers as `make`, made once for each name while at most `REMEMBERED_NAMES` are used. */
export function rememberNames<T>(make: (name: string) => T): (name: string) => T {
  let known = new Map<string, T>();
  return (name) => {
    if (name.length > REMEMBERED_NAME_CHARS) return make(name);
    const before = known.get(name);
    if (before !== undefined) return before;
    if (known.size >= REMEMBERED_NAMES) known = new Map();
    const made = make(name);
    known.set(name, made);
    return made;
  };
}

const SHELL_TOOLS = /^(bash|shell|sh|zsh|terminal|exec|exec_command|execute|execute_command|execute_shell|run|run_command|run_shell_command|run_terminal_cmd|run_in_terminal|local_shell|container\.exec|command|powershell|cmd|process|computer_terminal|execute_bash|shell_exec)$/i;
/** Their text is what they look for or write, never what they run. */
const READ_TOOLS = /^(read|read_file|readfile|view|cat|grep|search|glob|ls|list|list_directory|find|fetch|web_?fetch|web_?search|notebook_?read|todo_?read|think|codebase_search|file_search|grep_search|search_file_content|read_many_files|open_file)$/i;
const WRITE_TOOLS = /^(write|write_file|edit|multi_?edit|create_file|str_replace(_editor|_based_edit_tool)?|apply_patch|notebook_?edit|replace|todo_?write|edit_file|insert)$/i;
/** Book-keeping of the runtime itself: plans, questions to the user, the output of its own tasks. */
const RUNTIME_TOOLS = /^(enter_?plan_?mode|exit_?plan_?mode|ask_?user(_?question)?|task_?(update|create|list|get|output)|bash_?output|lsp|todo_?read|update_plan|(sequential_?)?thinking)$/i;
const MAY_RUN_COMMANDS = /command|cmd|shell|bash|terminal|exec|run|script/i;
/** Programs that tools are named after. */
const PROGRAMS = new Set("kubectl helm terraform tofu terragrunt pulumi docker podman git gh glab aws gcloud gsutil az psql mysql mongosh sqlite3 npm pnpm yarn heroku flyctl vercel netlify railway supabase wrangler doctl rclone restic".split(" "));
const RUNS = /^(run|exec|execute|call|invoke|cli|command|cmd|tool|query|shell)$/;
const MAY_SEND_REQUESTS = /http|request|fetch|curl|api/i;
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/mysql|mariadb/i, "mysql"],
  [/postgres|supabase|neon|cockroach/i, "postgresql"],
  [/sqlite|(?:^|[^a-z])d1(?:$|[^a-z])/i, "sqlite"],
  [/mssql|sql_?server/i, "microsoft.sql_server"],
  [/bigquery/i, "bigquery"],
  [/snowflake/i, "snowflake"],
  [/clickhouse/i, "clickhouse"],
];
const SQL_TOOLS = /sql|postgres|mysql|sqlite/i;
const CALLS_TOOLS = /tools?($|_)|mcp|function|invoke|call|batch|parallel|dispatch|proxy/i;
const SEARCHES = /^(search|find|lookup|grep|glob|browse|recommend|suggest|discover|match|retrieve|inquire)$/;
const GENERIC = /^(write|manage|administer|lifecycle|process)$/;
const RUNNING = /^(run|exec|execute|perform|invoke|call|trigger|dispatch|apply)$/;

export const toolNamed = rememberNames((tool): ToolName => {
  const base = tool.split(/__|[./:]/).findLast((part) => part !== "") ?? tool;
  const meaning = verbMeaning(base);
  const isSql = SQL_TOOLS.test(base);
  return {
    base,
    isShell: SHELL_TOOLS.test(base),
    mayRunCommands: MAY_RUN_COMMANDS.test(base),
    program: programOf(base),
    maySendRequests: MAY_SEND_REQUESTS.test(base),
    isSql,
    system: SYSTEMS.find(([names]) => names.test(tool))?.[1],
    callsTools: CALLS_TOOLS.test(base),
    searches: !isSql && meaning !== null && SEARCHES.test(meaning.verb) && meaning.effect === "read",
    isGeneric: meaning === null || GENERIC.test(meaning.verb),
    isRunning: meaning !== null && RUNNING.test(meaning.verb),
    protection: meaning?.effect === "read" ? null : protectionTakenBy(base),
    kind: kindOf(base),
    meaning,
  };
});

/** `kubectl`, `call_aws`, `ExecuteTerraformCommand`: the program and words of running, nothing else. */
function programOf(base: string): string | null {
  const words = wordsOfName(base);
  const program = words.find((word) => PROGRAMS.has(word)) ?? null;
  return program !== null && words.every((word) => word === program || RUNS.test(word)) ? program : null;
}

function kindOf(base: string): ToolName["kind"] {
  if (READ_TOOLS.test(base)) return "read";
  if (RUNTIME_TOOLS.test(base)) return "runtime";
  return WRITE_TOOLS.test(base) ? "write" : null;
}

const TARGET = /^(.*?)_?(id|ids|name|path|uri|url|table|bucket|key|database|namespace|repo|project|volume|resource|file|file_path)$/i;
const ENVIRONMENT = /^(env|environment|stage|context|cluster|namespace|profile)(_?name)?$/i;

export const argumentNamed = rememberNames(
  (name): ArgumentName => ({
    targetKind: TARGET.test(name) ? wordsOfName(name).filter((word) => !/^(ids?|name)$/.test(word)).join("-") || "resource" : null,
    statesEnvironment: ENVIRONMENT.test(name),
  }),
);
