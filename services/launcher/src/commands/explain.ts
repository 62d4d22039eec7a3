import { type Command, InvalidArgumentError, Option } from "commander";
import { LIMITS, TriplineError } from "@tripline/model";
import type { LauncherConfig } from "../config.ts";
import type { ConfiguredRegistry } from "../explain/configured-registry.ts";
import { FORMS, type Form } from "../explain/described-call.ts";
import type { Subject } from "../explain/explanation.ts";
import { type GlobalOptions, globals } from "./options.ts";
import { print } from "./output.ts";

/** Most that is read from standard input, in bytes: as much as a record may have. */
const INPUT_BYTES = LIMITS.recordBytes;

interface Own {
  readonly as?: Form;
  readonly tool?: string;
  readonly url?: string;
  readonly dialect: string;
  readonly agent?: string;
  readonly env?: string;
}

const EXAMPLES = `
Examples:
  tripline explain 'rm -rf build && git push --force'
  tripline explain 'DELETE FROM orders'
  tripline explain --url https://backboard.railway.com/graphql/v2 'mutation { volumeDelete(volumeId: "vol-1") }'
  tripline explain 'DELETE https://api.example.com/v1/projects/7'
  tripline explain --tool delete_branch '{"repo": "shop", "branch": "main"}'
  tripline tail --json --topics actions | head -1 | tripline explain -
  tripline --config tripline.yaml explain --agent staging-coder 'terraform destroy'`;

const JSON_NOTE = `
JSON says what it is by its keys: a recorded action, "tool" (or "name") with "arguments", "url" with "method" and "body", or GraphQL in
"query". What says nothing of itself, or several things, is refused: state it with --tool or --as.`;

/** Adds `tripline explain`. */
export function addExplain(program: Command): void {
  program
    .command("explain [text...]")
    .description("what a command line, SQL, GraphQL, HTTP request or tool call does, why, and what would become of an agent that makes it; `-` reads standard input")
    .addOption(new Option("--as <form>", "what the text is; told from the text unless stated").choices([...FORMS]))
    .option("--tool <name>", "the text is the arguments of this tool, as JSON")
    .option("--url <url>", "where GraphQL is sent to", absoluteUrl)
    .option("--dialect <system>", "dialect of SQL: postgresql, mysql, sqlite, …", "postgresql")
    .option("--agent <id>", "for this agent of the configuration, with its grants, instead of one in staging and one in production")
    .option("--env <name>", "for an agent that works in this environment, instead")
    .addHelpText("after", `${JSON_NOTE}\n${EXAMPLES}`)
    .action(async (words: string[], own: Own, command: Command) => {
      const options = globals(command);
      const [{ describeCall }, { explain, registerSubjects }, { explanationText }, { prepareClassifiers }, { configuredRegistry }] = await Promise.all([
        import("../explain/described-call.ts"),
        import("../explain/explanation.ts"),
        import("../explain/explanation-text.ts"),
        import("@tripline/core"),
        import("../explain/configured-registry.ts"),
      ]);
      const described = describeCall(await textOf(words), { form: own.as ?? null, tool: own.tool ?? null, url: own.url ?? null, system: own.dialect });
      await prepareClassifiers();
      const known = configuredRegistry(await configOf(options, own));
      const subjects = subjectsOf(own, known);
      registerSubjects(known.registry, known.tenant, own.agent === undefined ? subjects : []);
      const explanation = explain(described, { tenant: known.tenant, registry: known.registry, subjects, nowMs: Date.now() });
      print(explanation, options.json, () => explanationText(explanation, described));
    });
}

function subjectsOf({ agent, env }: Own, known: ConfiguredRegistry): readonly Subject[] {
  if (agent !== undefined) {
    const registered = known.agents.find((one) => one.agent === agent);
    if (registered === undefined) throw new TriplineError("TL_AGENT_UNKNOWN", "The agent named with --agent is not in the configuration given with --config.");
    return [registered];
  }
  return env === undefined ? ["staging", "production"].map((name) => ({ agent: `${name}-agent`, environment: name })) : [{ agent: `${env}-agent`, environment: env }];
}

/** Only where a file is named: without one there is nothing to know. */
async function configOf(options: GlobalOptions, { agent }: Own): Promise<LauncherConfig | null> {
  if (options.config.length === 0) {
    if (agent !== undefined) throw new TriplineError("TL_AGENT_UNKNOWN", "--agent takes an agent of a configuration: name its file with --config.");
    return null;
  }
  const { loadConfig } = await import("./options.ts");
  return loadConfig(options.config);
}

function absoluteUrl(text: string): string {
  if (!URL.canParse(text)) throw new InvalidArgumentError("It is no URL: begin with https://.");
  return text;
}

async function textOf(words: readonly string[]): Promise<string> {
  if (words.length === 1 && words[0] === "-") return readInput();
  if (words.length === 0) throw new TriplineError("TL_INPUT_INVALID", "Give the text to explain, in quotes, or - to read it from standard input.");
  return words.join(" ");
}

/** Standard input, as far as a record could hold it. @throws TL_INPUT_INVALID beyond that, and for what is not UTF-8 */
async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > INPUT_BYTES) throw new TriplineError("TL_INPUT_INVALID", `Standard input holds more than ${INPUT_BYTES} bytes; no recorded call does.`);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)).replace(/\r?\n$/u, "");
  } catch {
    throw new TriplineError("TL_INPUT_INVALID", "Standard input is not UTF-8 text.");
  }
}
