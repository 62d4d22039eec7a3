/** `pnpm quality`: measures detection by a protocol. The last line is JSON when asked for. */
import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Figures } from "./figures.ts";
import { runSim } from "./sim.ts";

const HELP = `pnpm quality --protocol SIM [--json] [--seed N] [--hours N] [--runs N] [--generator MODULE] [--workers N]

  --protocol SIM    benign agents and attacks through the shipped pipeline on virtual time
  --hours N         benign agent-hours per style (default 100000)
  --runs N          runs per attack (default 200)
  --seed N          everything random follows from it (default 1)
  --generator FILE  another generator: a module that exports \`generator\` (see generator/generator.ts)
  --workers N       workers side by side (default: one per processor)
  --json            last line of stdout: {"data":"sim","figures":{...}}
`;

const DEFAULT_GENERATOR = new URL("./generator/shipped.ts", import.meta.url).href;

const { values } = parseArgs({
  options: {
    protocol: { type: "string" },
    json: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    hours: { type: "string", default: "100000" },
    runs: { type: "string", default: "200" },
    generator: { type: "string" },
    workers: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help || values.protocol?.toUpperCase() !== "SIM") {
  process.stderr.write(HELP);
  process.exit(values.help ? 0 : 2);
}

const generator = values.generator === undefined ? DEFAULT_GENERATOR : pathToFileURL(isAbsolute(values.generator) ? values.generator : resolve(process.cwd(), values.generator)).href;
const result = await runSim({
  seed: whole("seed", values.seed, 0),
  hours: whole("hours", values.hours, 1),
  runs: whole("runs", values.runs, 1),
  generator,
  ...(values.workers === undefined ? {} : { workers: whole("workers", values.workers, 1) }),
  progress: (line) => process.stderr.write(`${line}\n`),
});
printHuman(result);
if (values.json) process.stdout.write(`${JSON.stringify({ data: "sim", figures: result.figures })}\n`);
process.exitCode = result.goals.every(({ reached }) => reached) ? 0 : 1;

function printHuman({ goals }: Figures): void {
  for (const { name, goal, reached, measured } of goals) process.stdout.write(`${reached ? "reached" : "MISSED "}  ${name.padEnd(34)} goal ${goal.padEnd(30)} measured ${measured}\n`);
}

function whole(name: string, text: string, minimum: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= minimum) return value;
  process.stderr.write(`--${name} must be a whole number of at least ${minimum}\n`);
  process.exit(2);
}
