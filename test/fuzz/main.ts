/** `pnpm fuzz`: mutates texts of known meaning and counts where the classifier's verdict does not stay what it was. */
import { parseArgs } from "node:util";
import { prepareClassifiers } from "@tripline/core";
import { caseOf } from "./case.ts";
import { runHostileMain } from "./gate/main.ts";
import { outcomeOf } from "./judge.ts";
import { figuresOf, goalsOf, humanReport } from "./report.ts";
import { runFuzz } from "./run.ts";

const HELP = `pnpm fuzz [--count N] [--seed N] [--workers N] [--json]
pnpm fuzz --case N [--seed N]
pnpm fuzz --requests N [--seed N] [--from N] [--json]

  --count N     cases (default 1000000)
  --seed N      every case follows from it (default 1)
  --workers N   workers side by side (default: one per processor)
  --case N      shows one case and its verdict, and nothing else
  --requests N  hostile requests at the gate's HTTP doors instead of texts at the classifier
  --from N      the number of the first of them (default 0): the same seed and number make the same request
  --json        last line of stdout: {"seed":…,"figures":{…},"examples":[…]}

Exit code: 0 where every goal is reached, 1 where one is missed, 2 where the options cannot be understood.
`;

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    workers: { type: "string" },
    requests: { type: "string" },
    from: { type: "string", default: "0" },
    case: { type: "string" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stderr.write(HELP);
else if (values.requests !== undefined) process.exitCode = await runHostileMain({ requests: whole("requests", values.requests, 1), seed: whole("seed", values.seed, 0), from: whole("from", values.from, 0), json: values.json });
else if (values.case === undefined) await all();
else await one(whole("case", values.case, 0));

async function all(): Promise<void> {
  const seed = whole("seed", values.seed, 0);
  const tally = await runFuzz({
    seed,
    count: whole("count", values.count, 1),
    ...(values.workers === undefined ? {} : { workers: whole("workers", values.workers, 1) }),
    progress: (line) => void process.stderr.write(`${line}\n`),
  });
  process.stdout.write(humanReport(tally, seed));
  if (values.json) process.stdout.write(`${JSON.stringify({ seed, figures: figuresOf(tally), examples: tally.examples })}\n`);
  process.exitCode = goalsOf(tally).every(({ reached }) => reached) ? 0 : 1;
}

async function one(number: number): Promise<void> {
  await prepareClassifiers();
  const fuzzed = caseOf(whole("seed", values.seed, 0), number);
  const { fault, detail } = outcomeOf(fuzzed);
  process.stdout.write(`${fuzzed.truth ?? "garbage"} ${fuzzed.language}: ${fuzzed.trail.join(" > ")}\n${fuzzed.text}\n\n${JSON.stringify(fuzzed.call)}\n${fault ?? "as it should be"}: ${detail}\n`);
}

function whole(name: string, text: string, minimum: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= minimum) return value;
  process.stderr.write(`--${name} must be a whole number of at least ${minimum}\n`);
  process.exit(2);
}
