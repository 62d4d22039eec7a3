import { type Finding, TriplineError } from "@tripline/model";
import { type Command, InvalidArgumentError } from "commander";
import { type AdminClient, adminClient } from "./admin-client.ts";
import { globals } from "./options.ts";
import { plain, print, time, wrapped } from "./output.ts";

const MOST = 1_000;
const COLUMNS = 110;

/** Adds `tripline findings`. */
export function addFindings(program: Command): void {
  program
    .command("findings [agent]")
    .description("the newest findings, whether they tripped or not: what was expected, what happened, in bits, and what would make it fine")
    .option("--agent <id>", "the same as naming the agent")
    .option("--last <count>", `how many, at most ${MOST}`, countOf, 10)
    .action(async (named: string | undefined, { last, agent: option }: { last: number; agent?: string }, command: Command) => {
      const options = globals(command);
      const agent = agentOf(named, option);
      const newest: Finding[] = [];
      const client = adminClient(options);
      for await (const line of client.lines("/v1/records?topic=findings&order=received")) {
        const { value } = JSON.parse(line) as { value: Finding };
        // One that cannot be decoded says so instead of having features.
        if (!Array.isArray(value.features) || (agent !== undefined && value.agent !== agent)) continue;
        newest.push(value);
        if (newest.length > last) newest.shift();
      }
      if (newest.length === 0 && agent !== undefined) await requireKnown(agent, client);
      const { findingLines } = options.json ? { findingLines: () => [] } : await import("../explain/evidence-text.ts");
      print({ findings: newest }, options.json, () => (newest.length === 0 ? `No findings${agent === undefined ? "" : ` of ${plain(agent)}`}.` : newest.flatMap((one) => [...headLines(one), ...findingLines(one, "  ")]).join("\n")));
    });
}

function agentOf(named: string | undefined, option: string | undefined): string | undefined {
  if (named !== undefined && option !== undefined && named !== option) throw new TriplineError("TL_INPUT_INVALID", "Two agents are named; name one.");
  return named ?? option;
}

/** None of somebody who was never heard of is no good news. @throws TL_AGENT_UNKNOWN */
async function requireKnown(agent: string, client: AdminClient): Promise<void> {
  const { agents } = await client.get<{ agents: { agent: string }[] }>("/v1/agents");
  if (!agents.some((one) => one.agent === agent)) throw new TriplineError("TL_AGENT_UNKNOWN");
}

function headLines({ atMs, agent, summary }: Finding): string[] {
  return [`${time(atMs)}  ${plain(agent)}`, ...wrapped(`  ${summary}`, COLUMNS, "  ")];
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST) return count;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${MOST}.`);
}
