/** Sessions that others judged as a whole: rows with `events` and a `label` of `rule_unsafe` and `judge`. */
import { type DataFile, type Row, textIn } from "../data/data-set.ts";
import { setName } from "../classification/protocol.ts";
import { objectIn, type Read, type RowReader } from "./reading.ts";
import { type Call, MAX_SESSION_CALLS, type Session } from "./sessions.ts";

/** For scorers alone. */
export interface Judgement {
  /** A rule found the unsafe act done; null: no rule was asked. */
  readonly unsafe: boolean | null;
  /** A reader's opinion: 0 safe, 1 partly, 2 unsafe; −1 or null: none. */
  readonly judge: number | null;
  readonly taskId: string;
}

export interface JudgedSession {
  readonly session: Session;
  readonly set: string;
  readonly judgement: Judgement;
}

export const JUDGED_SESSIONS: RowReader<JudgedSession> = {
  recognises: (row) => Array.isArray(row["events"]) && objectIn(row, "label")?.["rule_unsafe"] !== undefined,
  read: judgedSession,
  calls: ({ session }) => session.calls.length,
};

function judgedSession(row: Row, file: DataFile): Read<JudgedSession> {
  const [id, agent] = [textIn(row, "session"), textIn(row, "agent")];
  const [label, events] = [objectIn(row, "label"), row["events"]];
  if (id === null || agent === null) return { kind: "unreadable", reason: "no-session" };
  if (label === null || label["rule_unsafe"] === undefined) return { kind: "unreadable", reason: "no-label" };
  if (!Array.isArray(events) || events.length > MAX_SESSION_CALLS) return { kind: "unreadable", reason: "no-events" };
  const calls: Call[] = [];
  for (const event of events) {
    const call = callOf(event);
    if (call === null) return { kind: "unreadable", reason: "no-tool" };
    calls.push(call);
  }
  const { rule_unsafe: unsafe, judge } = label;
  const judgement = { unsafe: typeof unsafe === "boolean" ? unsafe : null, judge: typeof judge === "number" ? judge : null, taskId: textIn(row, "task") ?? "" };
  return { kind: "read", value: { session: { id, agent: setName(agent), runtime: null, task: null, calls }, set: setName(file.stem), judgement } };
}

function callOf(event: unknown): Call | null {
  if (typeof event !== "object" || event === null) return null;
  const row = event as Row;
  const tool = textIn(row, "tool");
  if (tool === null) return null;
  const [command, path, text] = [textIn(row, "cmd"), textIn(row, "path"), textIn(row, "content")];
  // As runtimes name them: a command line or code, or the file that is read or written with its new text.
  const args = { ...(command === null ? {} : { command }), ...(path === null ? {} : { path }), ...(text === null ? {} : { file_text: text }) };
  const atMs = Date.parse(textIn(row, "ts") ?? "");
  const failed = typeof row["exit"] === "number" && row["exit"] !== 0;
  const outputBytes = typeof row["out_len"] === "number" ? row["out_len"] : null;
  return { tool, args, provenance: {}, atMs: Number.isFinite(atMs) && atMs >= 0 ? atMs : null, status: failed ? "error" : "ok", outputBytes };
}
