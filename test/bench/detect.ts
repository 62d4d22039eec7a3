/** What judging costs: baseline, detectors and risk on typed arrays beside the same maths on plain objects, and bytes per agent. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { median } from "simple-statistics";
import type { SideAnswer, SideKind } from "./detect/side.ts";

export interface DetectOptions {
  readonly rounds?: number;
  readonly agents?: number;
  readonly seed?: number;
}

const EVENTS_PER_ROUND = 300_000;
/** For the compiler, and for the reference's garbage collector, which is at work on a million new objects at first. */
const UNMEASURED_ROUNDS = 2;
const CHECK_AGENTS = 1_000;
/** The two sides round differently (32 and 64 bits); their evidence must agree to this. */
const SAME_WITHIN = 0.001;
const HEAP_MB = 14_000;
/** Whose memory is told with habits of arguments as well. */
const AGENTS_WITH_HABITS = 100_000;

/** Medians over interleaved rounds, agents drawn uniformly; goals: `ratio` ≥ 5, `bytesPerAgent` ≤ 2048, `bytesPerAgentWithHabits` ≤ 4096. */
export async function run(options: DetectOptions = {}): Promise<Record<string, number>> {
  const rounds = options.rounds ?? 5;
  const agents = options.agents ?? 1_000_000;
  const seed = options.seed ?? 1;
  const say = progress();
  say(`both sides judge the same events of ${CHECK_AGENTS} agents, to compare their evidence`);
  await holdSame(seed);
  say(`typed arrays take in ${AGENTS_WITH_HABITS} agents with habits of arguments`);
  const bytesPerAgentWithHabits = await bytesWithHabits(seed);
  say(`typed arrays take in ${agents} agents`);
  const typed = await start("typed", agents, seed);
  say(`plain objects take in ${agents} agents: the longest part`);
  const sides = { typed, plain: await start("plain", agents, seed) };
  const answers: Record<"typed" | "plain", SideAnswer[]> = { typed: [], plain: [] };
  try {
    for (let round = -UNMEASURED_ROUNDS; round < rounds; round += 1) {
      say(round < 0 ? `round ${round + UNMEASURED_ROUNDS + 1} of ${UNMEASURED_ROUNDS} that are not counted` : `round ${round + 1} of ${rounds}`);
      for (const kind of ["typed", "plain"] as const) {
        const answer = await ask(sides[kind], EVENTS_PER_ROUND);
        if (round >= 0) answers[kind].push(answer);
      }
    }
  } finally {
    sides.typed.kill();
    sides.plain.kill();
  }
  const ratios = answers.typed.map(({ cpuUs }, round) => answers.plain[round]!.cpuUs / cpuUs);
  return {
    agents,
    rounds,
    cpuUsPerEvent: rounded(answers.typed.map(({ cpuUs }) => cpuUs)),
    plainCpuUsPerEvent: rounded(answers.plain.map(({ cpuUs }) => cpuUs)),
    ratio: rounded(ratios),
    bytesPerAgent: rounded(answers.typed.map(({ bytesPerAgent }) => bytesPerAgent)),
    bytesPerAgentWithHabits,
    plainBytesPerAgent: rounded(answers.plain.map(({ bytesPerAgent }) => bytesPerAgent)),
  };
}

async function bytesWithHabits(seed: number): Promise<number> {
  const side = await start("habits", AGENTS_WITH_HABITS, seed);
  const { bytesPerAgent } = await ask(side, 1);
  side.kill();
  return Math.round(bytesPerAgent);
}

/** On standard error, each with the seconds since the start: taking in a million objects alone takes longer than anybody waits for without a word. */
function progress(): (what: string) => void {
  const startedMs = performance.now();
  return (what) => void process.stderr.write(`${String(Math.round((performance.now() - startedMs) / 1_000)).padStart(4)} s  ${what}\n`);
}

/** Both sides must do the same work, or the ratio means nothing. @throws if their evidence differs. */
async function holdSame(seed: number): Promise<void> {
  const sides = [await start("typed", CHECK_AGENTS, seed), await start("plain", CHECK_AGENTS, seed)];
  const [typed, plain] = await Promise.all(sides.map((side) => ask(side, EVENTS_PER_ROUND)));
  for (const side of sides) side.kill();
  if (Math.abs(typed!.bits - plain!.bits) > SAME_WITHIN * Math.max(1, plain!.bits)) throw new Error(`the two sides differ: ${typed!.bits} and ${plain!.bits} bits`);
}

async function start(kind: SideKind, agents: number, seed: number): Promise<ChildProcess> {
  const child = fork(new URL("./detect/side.ts", import.meta.url), [kind, String(agents), String(seed)], { execArgv: ["--expose-gc", `--max-old-space-size=${HEAP_MB}`] });
  await Promise.race([once(child, "message"), died(child)]);
  return child;
}

async function ask(child: ChildProcess, events: number): Promise<SideAnswer> {
  const answered = once(child, "message");
  child.send(events);
  const [answer] = (await Promise.race([answered, died(child)])) as [SideAnswer];
  return answer;
}

async function died(child: ChildProcess): Promise<never> {
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  throw new Error(`a side of the benchmark ended: ${code ?? signal}`);
}

function rounded(values: number[]): number {
  return Math.round(median(values) * 100) / 100;
}
