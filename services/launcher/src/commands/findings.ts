import type { Finding } from "@tripline/model";
import { type Command, InvalidArgumentError } from "commander";
import { adminClient } from "./admin-client.ts";
import { globals } from "./options.ts";
import { plain, print, time, wrapped } from "./output.ts";

const MOST = 1_000;
const COLUMNS = 110;

/** Adds `tripline findings`. */
export function addFindings(program: Command): void {
  program
    .command("findings [agent]")
    .description("the newest findings, whether they tripped or not: what was expected, what happened, in bits, and what would make it fine")
    .option("--last <count>", `how many, at most ${MOST}`, countOf, 10)
    .action(async (agent: string | undefined, { last }: { last: number }, command: Command) => {
      const options = globals(command);
      const newest: Finding[] = [];
      for await (const line of adminClient(options).lines("/v1/records?topic=findings&order=received")) {
        const { value } = JSON.parse(line) as { value: Finding };
        // One that cannot be decoded says so instead of having features.
        if (!Array.isArray(value.features) || (agent !== undefined && value.agent !== agent)) continue;
        newest.push(value);
        if (newest.length > last) newest.shift();
      }
      const { findingLines } = options.json ? { findingLines: () => [] } : await import("../explain/evidence-text.ts");
      print({ findings: newest }, options.json, () => (newest.length === 0 ? "No findings." : newest.flatMap((one) => [...headLines(one), ...findingLines(one, "  ")]).join("\n")));
    });
}

function headLines({ atMs, agent, summary }: Finding): string[] {
  return [`${time(atMs)}  ${plain(agent)}`, ...wrapped(`  ${summary}`, COLUMNS, "  ")];
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST) return count;
  throw new InvalidArgumentError(`It is a whole number from 1 to ${MOST}.`);
}
