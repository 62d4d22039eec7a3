/** P2: whose sessions are these? Sessions of other agents, scored as if they were this agent's. */
import { areaInterval, areaUnderRoc } from "./curve.ts";
import { type Figure, valueFigure } from "./figure.ts";
import { Judge } from "./judge.ts";
import { type RecordedAgent, type RecordedCall, sessionsOf } from "./recorded-agents.ts";
import { sessionScoreOf } from "./score.ts";
import { recordOfCall } from "./stream.ts";

/** The oldest sessions are the history; the rest of an agent's own, and of the others', are tested. */
const HISTORY = 0.7;
/** Agents with fewer sessions than this have no baseline worth the name. */
const MIN_SESSIONS = 10;
/** Shorter sessions show too little to tell anybody apart. */
const MIN_CALLS = 5;

export type Relation = "otherRepository" | "sameRepository";

export interface Compared {
  readonly relation: Relation;
  readonly agent: string;
  readonly area: number;
  readonly own: number;
  readonly others: number;
}

interface Tested {
  readonly repository: string;
  readonly id: string;
  readonly sessions: readonly RecordedCall[][];
}

export function compareAgents(agents: readonly RecordedAgent[]): Compared[] {
  const tested = agents.map((agent): Tested => ({ repository: agent.repository, id: agent.id, sessions: newest(agent).filter(({ length }) => length >= MIN_CALLS) }));
  return agents.filter((agent) => sessionsOf(agent).length >= MIN_SESSIONS).flatMap((agent) => comparisonsOf(agent, tested));
}

function comparisonsOf(agent: RecordedAgent, tested: readonly Tested[]): Compared[] {
  const judge = new Judge(agent.id);
  const isHistory = new Set(oldest(agent).map((session) => session[0]!.session));
  const history = agent.calls.filter(({ session }) => isHistory.has(session));
  for (const [index, one] of history.entries()) judge.judge(recordOfCall(agent.id, one, String(index)), one.call.atMs);
  const trained = judge.take();
  const afterMs = (history.at(-1)?.call.atMs ?? 0) + PAUSE_MS;
  const scored = (session: readonly RecordedCall[]): number => {
    judge.put(trained);
    const shift = afterMs - session[0]!.call.atMs;
    return sessionScoreOf(session.map((one, index) => judge.judge(recordOfCall(agent.id, one, String(index)), one.call.atMs + shift).strangeness));
  };
  const own = tested.filter(({ id }) => id === agent.id).flatMap(({ sessions }) => sessions.map(scored));
  return (["otherRepository", "sameRepository"] as const).flatMap((relation) => {
    const others = tested.filter(({ id, repository }) => id !== agent.id && (repository === agent.repository) === (relation === "sameRepository"));
    const scores = others.flatMap(({ sessions }) => sessions.map(scored));
    const area = areaUnderRoc(own, scores);
    return area === null ? [] : [{ relation, agent: agent.id, area, own: own.length, others: scores.length }];
  });
}

/** A tested session begins this long after the history's last call. */
const PAUSE_MS = 3_600_000;

function oldest(agent: RecordedAgent): RecordedCall[][] {
  const sessions = sessionsOf(agent);
  return sessions.slice(0, Math.ceil(sessions.length * HISTORY));
}

function newest(agent: RecordedAgent): RecordedCall[][] {
  const sessions = sessionsOf(agent);
  return sessions.slice(Math.ceil(sessions.length * HISTORY));
}

/** The mean over agents, since thresholds are each agent's own, and the worst of them. */
export function masqueradeFigures(set: string, all: readonly Compared[]): Figure[] {
  return (["otherRepository", "sameRepository"] as const).flatMap((relation) => {
    const compared = all.filter((one) => one.relation === relation);
    if (compared.length === 0) return [];
    const name = `p2.${set}.${relation}.masquerade`;
    const mean = compared.reduce((sum, { area }) => sum + area, 0) / compared.length;
    const halves = compared.map(({ area, own, others }) => (([low, high]) => (high - low) / 2)(areaInterval(area, own, others)));
    const half = Math.sqrt(halves.reduce((sum, one) => sum + one * one, 0)) / compared.length;
    const counts = { Agents: compared.length, Own: totalOf(compared, "own"), Others: totalOf(compared, "others") };
    return [valueFigure(`${name}.auc`, mean, [Math.max(0, mean - half), Math.min(1, mean + half)], counts), valueFigure(`${name}.worstAuc`, Math.min(...compared.map(({ area }) => area)), null)];
  });
}

function totalOf(all: readonly Compared[], member: "own" | "others"): number {
  return all.reduce((total, one) => total + one[member], 0);
}
