/** `pnpm quality`: measures detection by protocols. The last line is JSON when asked for. */
import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { BEHAVIOUR } from "./behaviour/protocols.ts";
import { writeReport } from "./behaviour/html.ts";
import { behaviourFigures, behaviourReached, runBehaviour } from "./behaviour/run.ts";
import { behaviourReport } from "./behaviour/text.ts";
import { PROTOCOLS } from "./classification/protocols.ts";
import { allReached, figuresOf, humanReport } from "./classification/report.ts";
import { runClassification } from "./classification/run.ts";
import { DataError } from "./data/lines.ts";
import type { Figures } from "./figures.ts";
import { NAB, nabFigures, nabReached, nabReport, runNab } from "./nab/run.ts";
import { SETS, type SimSet } from "./jobs.ts";
import { runSim } from "./sim.ts";

/** In the order of their names, whatever they judge. */
const ALL = [...BEHAVIOUR, ...PROTOCOLS, NAB].toSorted((a, b) => (a.name < b.name ? -1 : 1));

const HELP = `pnpm quality --data DIR [--protocol P1,P3,...] [--report FILE] [--dump DIR] [--json]
pnpm quality --protocol SIM [--json] [--seed N] [--hours N] [--runs N] [--set base,budget,poison] [--generator MODULE] [--workers N]

  --data DIR        a directory of evaluation data: files of JSON lines (.ndjson, .jsonl, either with .gz).
                    What a file is for is told by its first row; folders below DIR are not read
  --protocol LIST   which to measure; with --data by default all but SIM
${ALL.map(({ name, what }) => `      ${name.padEnd(14)}${what}`).join("\n")}
      SIM           benign agents and attacks through the shipped pipeline on virtual time; runs alone, without data
  --dump DIR        writes what was missed, as JSON lines, to DIR/<protocol>.ndjson
  --report FILE     writes the protocols of behaviour (P1, P2, P7) as one HTML file
  --hours N         SIM: benign agent-hours per style (default 100000)
  --runs N          SIM: runs per attack (default 200)
  --set LIST        SIM: base (benign agents and attacks), budget (three alarm budgets), poison (slow rises); default all
  --seed N          SIM: everything random follows from it (default 1)
  --generator FILE  SIM: another generator: a module that exports \`generator\` (see generator/generator.ts)
  --workers N       SIM: workers side by side (default: one per processor)
  --json            last line of stdout: {"data":DIR or "sim","figures":{...}}

Exit code: 0 where every goal is reached, 1 where one is missed, 2 where nothing could be measured.
`;

const DEFAULT_GENERATOR = new URL("./generator/shipped.ts", import.meta.url).href;

const { values } = parseArgs({
  options: {
    protocol: { type: "string" },
    data: { type: "string" },
    dump: { type: "string" },
    report: { type: "string" },
    json: { type: "boolean", default: false },
    set: { type: "string", default: SETS.join(",") },
    seed: { type: "string", default: "1" },
    hours: { type: "string", default: "100000" },
    runs: { type: "string", default: "200" },
    generator: { type: "string" },
    workers: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help || (values.protocol === undefined && values.data === undefined)) {
  process.stderr.write(HELP);
  process.exit(values.help ? 0 : 2);
}

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

if (values.protocol?.toUpperCase() === "SIM") {
  if (values.data !== undefined) refuse("--protocol SIM makes its own data; leave --data out");
  await sim();
} else {
  const names = values.protocol === undefined ? ALL.map(({ name }) => name) : values.protocol.split(",").map(protocolNamed);
  await data(values.data ?? refuse(`--protocol ${values.protocol} needs --data DIR`), new Set(names));
}

async function sim(): Promise<void> {
  const { generator, workers } = values;
  const result = await runSim({
    seed: whole("seed", values.seed, 0),
    hours: whole("hours", values.hours, 1),
    runs: whole("runs", values.runs, 1),
    sets: values.set.split(",").map(setNamed),
    generator: generator === undefined ? DEFAULT_GENERATOR : pathToFileURL(isAbsolute(generator) ? generator : resolve(process.cwd(), generator)).href,
    ...(workers === undefined ? {} : { workers: whole("workers", workers, 1) }),
    progress,
  });
  printHuman(result);
  if (values.json) process.stdout.write(`${JSON.stringify({ data: "sim", figures: result.figures })}\n`);
  process.exitCode = result.goals.every(({ reached }) => reached) ? 0 : 1;
}

async function data(dir: string, names: ReadonlySet<string>): Promise<void> {
  const protocols = BEHAVIOUR.filter(({ name }) => names.has(name));
  if (values.report !== undefined && protocols.length === 0) refuse(`--report is written of ${BEHAVIOUR.map(({ name }) => name).join(", ")}; name one with --protocol`);
  try {
    const dump = values.dump ?? null;
    const behaviour = await runBehaviour(dir, protocols, { dump, progress });
    const classified = await runClassification({ data: dir, protocols: PROTOCOLS.filter(({ name }) => names.has(name)), dump, progress });
    const series = names.has(NAB.name) ? await runNab({ data: dir, progress }) : null;
    if (values.report !== undefined) await writeReport(values.report, behaviour);
    process.stdout.write([behaviourReport(behaviour), humanReport(classified), series === null ? "" : nabReport(series)].filter((text) => text !== "").join("\n"));
    if (values.json) process.stdout.write(`${JSON.stringify({ data: dir, figures: { ...behaviourFigures(behaviour), ...figuresOf(classified), ...(series === null ? {} : nabFigures(series)) } })}\n`);
    process.exitCode = behaviourReached(behaviour) && allReached(classified) && (series === null || nabReached(series)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    refuse(error.message);
  }
}

function protocolNamed(name: string): string {
  const wanted = name.trim().toUpperCase();
  return ALL.find((protocol) => protocol.name === wanted)?.name ?? refuse(`--protocol ${wanted} is not one of ${ALL.map((protocol) => protocol.name).join(", ")}, nor SIM alone`);
}

function setNamed(name: string): SimSet {
  return SETS.find((set) => set === name.trim()) ?? refuse(`--set ${name} is not one of ${SETS.join(", ")}`);
}

function printHuman({ goals }: Figures): void {
  for (const { name, goal, reached, measured } of goals) process.stdout.write(`${reached ? "reached" : "MISSED "}  ${name.padEnd(40)} goal ${goal.padEnd(34)} measured ${measured}\n`);
}

function whole(name: string, text: string, minimum: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= minimum) return value;
  return refuse(`--${name} must be a whole number of at least ${minimum}`);
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
