/** Sessions of agents that were attacked or not, with the truth about each: rows with `events` and a `label` that lists malicious calls. */
import { type DataFile, type Row, textIn } from "../data/data-set.ts";
import { objectIn, type Read, textOrNull } from "./reading.ts";
import { provenanceOf } from "./provenance.ts";
import { type Call, MAX_SESSION_CALLS, type Session } from "./sessions.ts";

/** For scorers alone. */
export interface Truth {
  readonly kind: "benign" | "attacked" | "other";
  /** Index of the call whose result carried the injection; −1 where none is known. */
  readonly exposedAt: number;
  /** Indexes of the calls that carry out the attack. */
  readonly malicious: readonly number[];
  readonly goal: string | null;
}

export interface TestedSession {
  readonly session: Session;
  readonly set: string;
  /** What sessions are held out by: model and user task. */
  readonly model: string;
  readonly taskId: string;
  readonly truth: Truth;
}

export function isTestedSession(row: Row): boolean {
  return Array.isArray(row["events"]) && Array.isArray(objectIn(row, "label")?.["malicious_calls"]);
}

export function testedSession(row: Row, file: DataFile, set: string): Read<TestedSession> {
  const [id, agent, model, taskId] = [textIn(row, "session"), textIn(row, "agent"), textIn(row, "model"), textIn(row, "task")];
  const label = objectIn(row, "label");
  const events = row["events"];
  if (id === null || agent === null || model === null || taskId === null) return { kind: "unreadable", reason: "no-session" };
  if (label === null || !Array.isArray(label["malicious_calls"])) return { kind: "unreadable", reason: "no-label" };
  if (!Array.isArray(events) || events.length > MAX_SESSION_CALLS) return { kind: "unreadable", reason: "no-events" };
  const task = textIn(row, "prompt");
  const calls: Call[] = [];
  for (const event of events) {
    const call = callOf(event, task);
    if (call === null) return { kind: "unreadable", reason: "no-tool" };
    calls.push(call);
  }
  const truth = truthOf(label, calls.length);
  if (truth === null) return { kind: "unreadable", reason: "unknown-label" };
  return { kind: "read", value: { session: { id: `${file.stem}-${id}`, agent, runtime: null, task, calls }, set, model, taskId, truth } };
}

function callOf(event: unknown, task: string | null): Call | null {
  if (typeof event !== "object" || event === null) return null;
  const row = event as Row;
  const tool = textIn(row, "tool");
  if (tool === null) return null;
  const args = objectIn(row, "args") ?? {};
  const failed = row["err"] !== null && row["err"] !== undefined && row["err"] !== false;
  const outputBytes = typeof row["out_len"] === "number" ? row["out_len"] : null;
  return { tool, args, provenance: provenanceOf(args, objectIn(row, "src") ?? {}, task), atMs: null, status: failed ? "error" : "ok", outputBytes };
}

function truthOf(label: Row, calls: number): Truth | null {
  const { kind, exposed_at: exposed, malicious_calls: listed } = label;
  if (typeof kind !== "string" || !Array.isArray(listed)) return null;
  const malicious = listed.filter((at): at is number => typeof at === "number" && at >= 0 && at < calls).toSorted((a, b) => a - b);
  const known = kind === "benign" || kind === "attacked" ? kind : "other";
  return { kind: known, exposedAt: typeof exposed === "number" ? exposed : -1, malicious, goal: textOrNull(label["goal"]) };
}
