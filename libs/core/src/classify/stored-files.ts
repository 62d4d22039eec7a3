/**
 * What sessions wrote, as bytes that outlive a restart: the records from which it could be learned again may lie any distance back.
 * Bounded in size for a partition and for each agent; beyond a bound the sessions that were used longest ago are left out.
 */
import { EFFECTS, REVERSIBILITIES } from "@tripline/model";
import { MAX_AGENT_SESSIONS, MAX_FILE_VERDICTS, MAX_SESSIONS, MAX_WRITTEN_FILES, SessionFiles, WrittenFiles } from "./written-files.ts";
import type { Target, Verdict } from "./verdict.ts";

/** Bytes stored for all sessions of one memory, and for those of one agent, so that none makes the others' forgotten. */
export const STORED_BYTES = 262_144;
export const STORED_AGENT_BYTES = 65_536;
const FORMAT = 1;

type Losses = readonly (readonly [path: string, verdicts: readonly Verdict[]])[];
type StoredSession = readonly [session: string, losses: Losses];
type StoredAgent = readonly [agent: string, sessions: readonly StoredSession[]];

/** Agents, sessions and files lie in the order of last use, as in memory. */
export function serializeFiles(files: SessionFiles): Uint8Array {
  const kept: StoredAgent[] = [];
  let left = STORED_BYTES;
  for (const [agent, sessions] of [...files.agents].toReversed()) {
    const stored: StoredAgent = [agent, newest(sessions, Math.min(left, STORED_AGENT_BYTES) - sizeOf([agent, []]))];
    if (stored[1].length === 0) continue;
    kept.unshift(stored);
    left -= sizeOf(stored);
  }
  return Buffer.from(JSON.stringify({ v: FORMAT, agents: kept }));
}

/** As much as fits into so many bytes, of a session also a part: many files of one must not make it forgotten. */
function newest(sessions: ReadonlyMap<string, WrittenFiles>, bytes: number): StoredSession[] {
  const kept: StoredSession[] = [];
  let left = bytes;
  for (const [session, { losses }] of [...sessions].toReversed()) {
    const within: Losses[number][] = [];
    left -= sizeOf([session, []]);
    for (const file of [...losses].toReversed()) {
      left -= sizeOf(file);
      if (left < 0) break;
      within.unshift(file);
    }
    if (within.length > 0) kept.unshift([session, within]);
    if (left < 0) break;
  }
  return kept;
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value)) + 1;

/** Null for bytes of another format, or that hold anything but what `serializeFiles` writes. */
export function restoreFiles(bytes: Uint8Array): SessionFiles | null {
  const stored = bytes.length > 2 * STORED_BYTES ? null : parsed(bytes);
  if (!isRecord(stored) || stored["v"] !== FORMAT || !isListOf(stored["agents"], MAX_SESSIONS, isAgent)) return null;
  const files = new SessionFiles();
  for (const [agent, sessions] of stored["agents"]) for (const [session, losses] of sessions) files.restore(agent, session, new WrittenFiles(losses));
  return files;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isOptional = (value: unknown, is: (value: unknown) => boolean): boolean => value === undefined || is(value);

function isListOf<T>(value: unknown, most: number, is: (one: unknown) => one is T): value is readonly T[] {
  return Array.isArray(value) && value.length <= most && value.every(is);
}

function isPair<T>(value: unknown, is: (second: unknown) => second is T): value is readonly [string, T] {
  return Array.isArray(value) && value.length === 2 && isText(value[0]) && is(value[1]);
}

const isAgent = (value: unknown): value is StoredAgent => isPair(value, (sessions) => isListOf(sessions, MAX_AGENT_SESSIONS, isSession));
const isSession = (value: unknown): value is StoredSession => isPair(value, (losses) => isListOf(losses, MAX_WRITTEN_FILES, isFile));
const isFile = (value: unknown): value is Losses[number] => isPair(value, (verdicts) => isListOf(verdicts, MAX_FILE_VERDICTS, isVerdict));

function isVerdict(value: unknown): value is Verdict {
  if (!isRecord(value)) return false;
  const { operation, effect, reversibility, rule, reason, targets, span, saferAlternative, confinedTo, blast, overwrites } = value;
  return (
    [operation, rule, reason].every(isText) &&
    EFFECTS.some((one) => one === effect) &&
    REVERSIBILITIES.some((one) => one === reversibility) &&
    isListOf(targets, MAX_FILE_VERDICTS, isTarget) &&
    (span === null || (isRecord(span) && isNumber(span["start"]) && isNumber(span["end"]))) &&
    (saferAlternative === null || isText(saferAlternative)) &&
    isOptional(confinedTo, (one) => one === "workspace") &&
    isOptional(blast, (one) => isRecord(one) && isText(one["extent"]) && (one["count"] === null || isNumber(one["count"]))) &&
    isOptional(overwrites, (one) => typeof one === "boolean")
  );
}

function isTarget(value: unknown): value is Target {
  return isRecord(value) && isText(value["kind"]) && isText(value["id"]) && (value["environment"] === null || isText(value["environment"]));
}
