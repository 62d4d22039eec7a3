import { availableParallelism } from "node:os";
import type { PolicyChange } from "@tripline/core";
import type { Command } from "commander";
import { type GlobalOptions, globals } from "./options.ts";
import { print } from "./output.ts";

export interface ReplayFlags {
  readonly from: readonly string[];
  readonly agent?: string;
  readonly policy?: string;
  readonly budget?: string;
  readonly benign: boolean;
  readonly evidence: boolean;
}

const EXAMPLES = `
Examples:
  tripline replay                                      what was recorded, through the rules of this release
  tripline replay --budget 1/10000h                    under another alarm budget
  tripline replay --policy stricter.yaml --evidence    under the keys of another policy, with the evidence of each trip
  tripline export > july.ndjson && tripline replay --from july.ndjson --benign
  tripline replay --from otlp.jsonl --agent coder      telemetry as the OpenTelemetry Collector's file exporter writes it`;

/** Adds `tripline replay`. */
export function addReplay(program: Command): void {
  withSource(program.command("replay"))
    .description("the recorded actions again, through the rules of this release and any policy: what would have tripped, when, on what evidence, what was lost before and kept after, and how often it would have been wrong")
    .option("--policy <file>", "YAML with keys of `policy:`; those it leaves out stay as recorded")
    .option("--budget <trips/hours>", "alarm budget: false trips per hours of an agent, such as 1/10000h")
    .option("--evidence", "each trip with its features: expected, observed, bits, and what would make it fine", false)
    .addHelpText("after", EXAMPLES)
    .action(async (flags: ReplayFlags, command: Command) => replayCommand(globals(command), flags));
}

/** The options that say which actions. */
export function withSource(command: Command): Command {
  const more = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  return command
    .option("--from <file>", "files of lines instead of the log: `tripline export`, actions, or OTLP in JSON; .gz too, and more than once", more, [])
    .option("--agent <id>", "of OTLP lines: whose they are, where they do not say")
    .option("--benign", "the period is known to be benign: every trip is false, and is reset at once so that later ones count", false);
}

async function replayCommand(options: GlobalOptions, flags: ReplayFlags): Promise<void> {
  const [{ openSource }, { runReplay }, { Unreadable }, { reportOf }, { createProgress }, { parseBudget, readPolicy }, { reportText }, { evidenceLines }, { DEFAULT_POLICY }, { requireJudged }] = await Promise.all([
    import("../replay/source.ts"),
    import("../replay/run.ts"),
    import("../replay/recorded.ts"),
    import("../replay/report.ts"),
    import("../replay/progress.ts"),
    import("../replay/policy-change.ts"),
    import("../replay/report-text.ts"),
    import("../explain/evidence-text.ts"),
    import("@tripline/core"),
    import("../replay/judgeable.ts"),
  ]);
  const stated: PolicyChange = flags.policy === undefined ? {} : readPolicy(flags.policy);
  const policy: PolicyChange = { ...stated, ...(flags.budget === undefined ? {} : { budget: { ...stated.budget, agentHoursPerFalseTrip: parseBudget(flags.budget) } }) };
  const unreadable = new Unreadable();
  const source = await openSource(options, { from: flags.from, agent: flags.agent ?? null }, unreadable);
  try {
    const progress = createProgress(process.stderr, options.json, () => performance.now());
    const ran = await runReplay(source, [{ policy, resetsAtOnce: flags.benign }], { progress, unreadable, now: () => performance.now(), threads: availableParallelism() });
    requireJudged(ran.tallies[0]!, source.name, flags.from.length > 0, unreadable);
    const budgetHours = policy.budget?.agentHoursPerFalseTrip ?? ran.recordedBudgetHours ?? DEFAULT_POLICY.budget.agentHoursPerFalseTrip;
    const asked = { benign: flags.benign, budgetHours, recordedBudgetHours: ran.recordedBudgetHours };
    const report = reportOf(ran.tallies[0]!, ran.recordedTrips, asked, { source: source.name, tookMs: ran.tookMs, cpuMs: ran.cpuMs, undecodable: Object.fromEntries(unreadable.counts) });
    print(report, options.json, () => reportText(report, (trip) => (flags.evidence ? evidenceLines(trip.evidence, "    ") : [])));
  } finally {
    await source.close();
  }
}
