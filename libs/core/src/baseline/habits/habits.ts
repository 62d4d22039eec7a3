/**
 * How unusual a call's arguments are for this agent. What marks a hijacked agent is not that something is new, which in honest
 * work it often is, but that a call takes a value new to the agent out of tool output and owes nothing to the task. How often
 * that is so is a habit of each tool and argument; the improbability of it, in bits, is added up over the call's arguments.
 *
 * Beside it counts, weakly, how unusual the tool is after the one before. The score is then held against those of the agent's own
 * past calls.
 */
import type { Action, Provenance } from "@tripline/model";
import { hashName } from "../sketch.ts";
import { readArguments, type ArgumentSigns } from "./arguments.ts";
import { ARGUMENT_KINDS, AT, type HabitBlock } from "./block.ts";
import { countIn, countOf, meetTool, mix } from "./counts.ts";
import { isKnownName, learnName } from "./names.ts";
import { learnScore, tailBits } from "./tail.ts";

/** Weights of the parts of a score: a call that owes nothing to its task, its strongest argument whatever else the call says, and the succession of tools. */
const WEIGHTS = { untasked: 0.8, strongest: 0.2, succession: 0.2 } as const;
/** Most that the arguments of one call add up to, in bits: they hang together. */
const MAX_SUM_BITS = 24;
/** Calls that an expectation from further away (the argument in other tools, all arguments) is worth beside the agent's own counts. */
const BACK_OFF = 2;
/** Calls before an agent's scores are taken as usual: the first find everything new. */
const WARM_UP_CALLS = 16;

const SEED = { tool: 11, session: 12 } as const;
const SALT = { tool: 1, successor: 2, successors: 3, argument: 4, argumentKind: 5, path: 6, pathKind: 7 } as const;
const ORIGIN: Record<Provenance, number> = { task: 0, "tool-output": 1, novel: 2 };
const ORIGINS = 3;

/** One argument as judged. */
export interface JudgedArgument {
  readonly signs: ArgumentSigns;
  /** Index into the kinds of argument: origin, and whether it names something new to the agent. */
  readonly kind: number;
  /** Bits that a new value out of tool output is worth here; 0 for every other kind. */
  readonly bits: number;
  /** Share of this argument's values so far that were of this kind. */
  readonly usual: number;
}

export interface HabitEvidence {
  /** Improbability among the agent's own calls; 0 where telemetry states no origins. */
  bits: number;
  /** Sum before it is held against past scores. */
  score: number;
  /** Calls of the agent that its habits are known from; of a long life, the later part. */
  calls: number;
  /** No argument came from the task. */
  isUntasked: boolean;
  arguments: readonly JudgedArgument[];
}

export function newHabitEvidence(): HabitEvidence {
  return { bits: 0, score: 0, calls: 0, isUntasked: false, arguments: [] };
}

/** True for an action whose telemetry states where values came from: for others there is nothing to measure or learn. */
export function statesOrigins({ provenance }: Pick<Action, "provenance">): boolean {
  for (const _ in provenance) return true;
  return false;
}

/** Fills `evidence` for an action that the block does not contain. */
export function measureHabits(block: HabitBlock, action: Action, evidence: HabitEvidence): void {
  const tool = hashName(action.tool, SEED.tool);
  const isSameSession = block.u32[AT.session / 4] === sessionHash(action);
  const judged = readArguments(action).map((signs) => judge(block, tool, signs));
  const sum = judged.reduce((total, { bits }) => total + bits, 0);
  const strongest = judged.reduce((most, { bits }) => Math.max(most, bits), 0);
  evidence.arguments = judged;
  evidence.calls = block.f32[AT.calls / 4]!;
  evidence.isUntasked = judged.length > 0 && !judged.some(({ signs }) => signs.isTasked);
  evidence.score =
    (evidence.isUntasked ? WEIGHTS.untasked * Math.min(MAX_SUM_BITS, sum) : 0) +
    WEIGHTS.strongest * strongest +
    WEIGHTS.succession * successionBits(block, tool, isSameSession ? block.u32[AT.lastTool / 4]! : 0);
  evidence.bits = Math.max(0, tailBits(block, evidence.score));
}

/** Takes a measured action in: its score, and its arguments and succession only if it was `ordinary`. Not for a frozen agent. */
export function learnHabits(block: HabitBlock, action: Action, evidence: HabitEvidence, ordinary: boolean): void {
  const { f32, u32 } = block;
  const tool = hashName(action.tool, SEED.tool);
  const session = sessionHash(action);
  const last = u32[AT.session / 4] === session ? u32[AT.lastTool / 4]! : 0;
  if (f32[AT.calls / 4]! >= WARM_UP_CALLS) learnScore(block, evidence.score);
  u32[AT.session / 4] = session;
  u32[AT.lastTool / 4] = tool;
  if (!ordinary) return;
  f32[AT.calls / 4]! += 1;
  meetTool(block, mix(tool, SALT.tool));
  countIn(block, mix(tool, SALT.tool));
  countIn(block, mix(mix(last, tool), SALT.successor));
  countIn(block, mix(last, SALT.successors));
  for (const { signs, kind } of evidence.arguments) learnArgument(block, tool, signs, kind);
}

function learnArgument(block: HabitBlock, tool: number, { pathHash, names }: ArgumentSigns, kind: number): void {
  const argument = mix(tool, pathHash);
  countIn(block, mix(argument, SALT.argument));
  countIn(block, mix(mix(argument, kind), SALT.argumentKind));
  countIn(block, mix(pathHash, SALT.path));
  countIn(block, mix(mix(pathHash, kind), SALT.pathKind));
  block.f32[AT.kinds / 4 + kind]! += 1;
  for (const name of names) learnName(block, name);
}

function judge(block: HabitBlock, tool: number, signs: ArgumentSigns): JudgedArgument {
  const isNew = signs.isHidden || signs.names.some((name) => !isKnownName(block, name));
  const kind = ORIGIN[signs.origin] + (isNew ? ORIGINS : 0);
  const usual = usualShare(block, tool, signs.pathHash, kind);
  return { signs, kind, usual, bits: isNew && signs.origin === "tool-output" ? -Math.log2(usual) : 0 };
}

/** Share of this kind among the values of the argument so far, backing off to the same argument of other tools, and to all arguments. */
function usualShare(block: HabitBlock, tool: number, pathHash: number, kind: number): number {
  let all = 0;
  for (let at = 0; at < ARGUMENT_KINDS; at += 1) all += block.f32[AT.kinds / 4 + at]!;
  const overall = (block.f32[AT.kinds / 4 + kind]! + 0.5) / (all + 0.5 * ARGUMENT_KINDS);
  const argument = mix(tool, pathHash);
  const path = share(countOf(block, mix(mix(pathHash, kind), SALT.pathKind)), countOf(block, mix(pathHash, SALT.path)), overall);
  return share(countOf(block, mix(mix(argument, kind), SALT.argumentKind)), countOf(block, mix(argument, SALT.argument)), path);
}

/** −log2 of how often this tool follows the one before, backing off to how often it is called at all. */
function successionBits(block: HabitBlock, tool: number, last: number): number {
  const calls = block.f32[AT.calls / 4]!;
  const tools = block.f32[AT.tools / 4]!;
  const anywhere = Math.min(1, (countOf(block, mix(tool, SALT.tool)) + 0.5) / (calls + 0.5 * tools + 1));
  return -Math.log2(share(countOf(block, mix(mix(last, tool), SALT.successor)), countOf(block, mix(last, SALT.successors)), anywhere));
}

function share(count: number, of: number, expected: number): number {
  return Math.min(1, (Math.min(count, of) + BACK_OFF * expected) / (of + BACK_OFF));
}

function sessionHash({ session }: Action): number {
  return hashName(session ?? "", SEED.session);
}
