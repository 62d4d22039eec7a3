/** Streams of recorded agents: rows of one call each, with a time, gathered by repository and agent. */
import { type DataFile, type Row, textIn } from "../data/data-set.ts";
import { setName } from "../classification/protocol.ts";
import { objectIn, type Read, type RowReader } from "./reading.ts";
import type { Call } from "./sessions.ts";

export interface RecordedCall {
  readonly set: string;
  readonly repository: string;
  readonly agent: string;
  readonly runtime: string;
  readonly session: string;
  /** It ran a command line. */
  readonly isShell: boolean;
  readonly call: Call & { readonly atMs: number };
}

/** One agent of one repository: what it did, in order of time. */
export interface RecordedAgent {
  readonly id: string;
  readonly set: string;
  readonly repository: string;
  readonly calls: readonly RecordedCall[];
}

export const RECORDED_CALLS: RowReader<RecordedCall> = {
  recognises: (row) => ["repo", "agent", "session", "tool", "kind", "ts"].every((field) => textIn(row, field) !== null),
  read: recordedCall,
  calls: () => 1,
};

const FILE_KINDS: ReadonlySet<unknown> = new Set(["read", "edit", "write"]);

function recordedCall(row: Row, file: DataFile): Read<RecordedCall> {
  const [repository, agent, session, tool, ts] = ["repo", "agent", "session", "tool", "ts"].map((field) => textIn(row, field));
  if (!repository || !agent || !session) return { kind: "unreadable", reason: "no-session" };
  if (!tool) return { kind: "unreadable", reason: "no-tool" };
  const atMs = Date.parse(ts ?? "");
  if (!Number.isFinite(atMs) || atMs < 0) return { kind: "unreadable", reason: "no-time" };
  const [command, path] = [textIn(row, "cmd"), textIn(row, "path")];
  // As runtimes name them: a command line, the file that a file tool works on, the folder that a search looks in.
  const args = {
    ...(command === null ? {} : { command }),
    ...(path === null ? {} : { [FILE_KINDS.has(row["kind"]) ? "file_path" : "path"]: path }),
    ...objectIn(row, "args"),
  };
  const status = row["denied"] === true ? "refused" : row["err"] === true ? "error" : "ok";
  const outputBytes = typeof row["out_len"] === "number" ? row["out_len"] : null;
  const directory = row["cwd"];
  const call = { tool, args, provenance: {}, atMs, status, outputBytes, ...(typeof directory === "string" ? { directory } : {}) } as const;
  const runtime = setName(textIn(row, "runtime") ?? "runtime");
  return { kind: "read", value: { set: setName(file.stem), repository, agent, runtime, session, isShell: command !== null && row["kind"] === "exec", call } };
}

/** Agents in the order of their names, each with its calls in order of time. */
export function agentsOf(calls: readonly RecordedCall[]): RecordedAgent[] {
  const agents = new Map<string, RecordedCall[]>();
  for (const one of calls) {
    const id = `${setName(one.agent)}@${setName(one.repository)}`;
    const own = agents.get(id);
    if (own === undefined) agents.set(id, [one]);
    else own.push(one);
  }
  return Array.from(agents, ([id, own]) => ({ id, set: own[0]!.set, repository: own[0]!.repository, calls: own.toSorted((a, b) => a.call.atMs - b.call.atMs) })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** An agent's sessions, oldest first. */
export function sessionsOf({ calls }: RecordedAgent): RecordedCall[][] {
  const sessions = new Map<string, RecordedCall[]>();
  for (const one of calls) {
    const own = sessions.get(one.session);
    if (own === undefined) sessions.set(one.session, [one]);
    else own.push(one);
  }
  return [...sessions.values()];
}
