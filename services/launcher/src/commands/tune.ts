import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { type GlobalOptions, globals } from "./options.ts";
import { print } from "./output.ts";
import { type ReplayFlags, withSource } from "./replay.ts";

interface TuneFlags extends Pick<ReplayFlags, "from" | "agent" | "benign"> {
  readonly budget: string;
  readonly alerts?: string;
}

const EXAMPLES = `
Examples:
  tripline tune --budget 1/10000h
  tripline tune --budget 1/10000h --alerts 2/1000 --benign --from july.ndjson.gz`;

/** Adds `tripline tune`. */
export function addTune(program: Command): void {
  withSource(program.command("tune"))
    .description("the recorded actions under several alarm budgets at once: trips and alerts of each, and the policy that keeps the budget asked for, with how sure that is")
    .requiredOption("--budget <trips/hours>", "false trips per hours of an agent, such as 1/10000h")
    .option("--alerts <alerts/calls>", "alerts per calls, such as 2/1000, as in `policy.alerts`")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: TuneFlags, command: Command) => tuneCommand(globals(command), flags));
}

async function tuneCommand(options: GlobalOptions, flags: TuneFlags): Promise<void> {
  const [{ openSource }, { runReplay }, { Unreadable }, { createProgress }, { parseAlerts, parseBudget }, { candidateHours, tuningOf }, { tuningText }, { requireJudged }] = await Promise.all([
    import("../replay/source.ts"),
    import("../replay/run.ts"),
    import("../replay/recorded.ts"),
    import("../replay/progress.ts"),
    import("../replay/policy-change.ts"),
    import("../replay/tuning.ts"),
    import("../replay/tuning-text.ts"),
    import("../replay/judgeable.ts"),
  ]);
  const wanted = { budgetHours: parseBudget(flags.budget), alertShare: flags.alerts === undefined ? null : parseAlerts(flags.alerts) };
  const unreadable = new Unreadable();
  const source = await openSource(options, { from: flags.from, agent: flags.agent ?? null }, unreadable);
  try {
    const hours = candidateHours(wanted);
    const replays = hours.map((agentHoursPerFalseTrip) => ({ policy: { budget: { agentHoursPerFalseTrip } }, resetsAtOnce: true }));
    const ran = await runReplay(source, replays, { progress: createProgress(process.stderr, options.json, () => performance.now()), unreadable, now: () => performance.now(), threads: availableParallelism() });
    requireJudged(ran.tallies[0]!, source.name, flags.from.length > 0, unreadable);
    const tuning = tuningOf(wanted, hours, ran.tallies, ran.recordedTrips, flags.benign);
    print({ source: source.name, tookMs: ran.tookMs, undecodable: Object.fromEntries(unreadable.counts), ...tuning }, options.json, () => tuningText(tuning, source.name, unreadable.total));
  } finally {
    await source.close();
  }
}
