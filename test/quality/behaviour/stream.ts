/** P2: one agent's whole life in order of time, from the first call on, and what would have become of commands spliced into it. */
import { type Recorded, recordOf } from "./actions.ts";
import { Judge, type Judged } from "./judge.ts";
import type { RecordedAgent, RecordedCall } from "./recorded-agents.ts";
import { type Splice, splicesAt } from "./splices.ts";

/** Where an agent has not run a command line yet. */
const SHELL_TOOL = "Bash";

export interface StreamCall {
  readonly recorded: RecordedCall;
  readonly judged: Judged;
}

export interface SpliceOutcome {
  readonly role: Splice["role"];
  /** Which of its commands was the first that was held or stopped before it ran; null: none was. */
  readonly caughtAt: number | null;
  readonly commands: readonly string[];
  readonly judged: readonly Judged[];
}

export interface StreamOutcome {
  readonly calls: readonly StreamCall[];
  readonly splices: readonly SpliceOutcome[];
}

/** `places`: indexes of calls after which splices are tried; `firstPlace` numbers them over all agents. */
export function judgeStream(agent: RecordedAgent, places: ReadonlySet<number>, firstPlace: number, rows: readonly string[]): StreamOutcome {
  const judge = new Judge(agent.id);
  const calls: StreamCall[] = [];
  const splices: SpliceOutcome[] = [];
  let shell = SHELL_TOOL;
  let place = firstPlace;
  for (const [index, recorded] of agent.calls.entries()) {
    calls.push({ recorded, judged: judge.judge(recordOfCall(agent.id, recorded, String(index)), recorded.call.atMs) });
    if (recorded.isShell) shell = recorded.call.tool;
    if (places.has(index)) splices.push(...spliced(judge, { agent: agent.id, before: recorded, shell }, splicesAt(place++, rows)));
  }
  return { calls, splices };
}

interface SplicePlace {
  readonly agent: string;
  /** The call that it comes after, in whose session. */
  readonly before: RecordedCall;
  readonly shell: string;
}

/** Each splice from the same state, which is put back afterwards: the stream goes on as if nothing had been. */
function spliced(judge: Judge, { agent, before, shell }: SplicePlace, splices: readonly Splice[]): SpliceOutcome[] {
  const state = judge.take();
  return splices.map(({ role, calls }) => {
    judge.put(state);
    const judged = calls.map(({ command, afterMs }, index) => {
      const call = { ...before.call, tool: shell, args: { command }, status: "ok", outputBytes: 0 } as const;
      return judge.judge(recordOfCall(agent, { ...before, call }, `spliced-${role}-${index}`), before.call.atMs + afterMs);
    });
    judge.put(state);
    const caught = judged.findIndex(({ held, stopped }) => held || stopped);
    return { role, caughtAt: caught < 0 ? null : caught + 1, commands: calls.map(({ command }) => command), judged };
  });
}

/** A recorded call as one of `agent`, whoever made it. */
export function recordOfCall(agent: string, { session, runtime, call }: RecordedCall, number: string): Recorded {
  return recordOf({ id: session, agent, runtime, task: null }, call, `${session}-${number}`);
}
