/** Sessions of a role: NOLOGIN, a new password and VALID UNTIL leave every one of them open (measured), so they are cut one by one. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "./admin.ts";

export type CutOutcome =
  | { readonly kind: "none-open"; readonly cut: number }
  | { readonly kind: "some-open"; readonly cut: number; readonly open: number; readonly reason: string }
  | { readonly kind: "not-known"; readonly cut: number; readonly reason: string };

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;

// By user id, not name: a session that changed its role still shows whom it logged in as.
const OPEN = "FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid WHERE r.rolname = $1 AND a.pid <> pg_backend_pid()";

export async function countSessions(admin: Admin, role: string): Promise<number | string> {
  const result = await admin.query(`SELECT count(*)::int AS open ${OPEN}`, [role]);
  if (result.kind !== "rows") return result.kind === "refused" ? `SQLSTATE ${result.sqlState}` : result.reason;
  return Number(result.rows[0]?.["open"]);
}

/** Terminates the role's sessions until none is left or the time is up. A terminated session rolls back what it had not committed. */
export async function cutSessions(admin: Admin, role: string, withinMs: number, signal: AbortSignal): Promise<CutOutcome> {
  const deadlineMs = performance.now() + withinMs;
  const cut = new Set<number>();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const result = await admin.query(`SELECT a.pid, pg_terminate_backend(a.pid) AS signalled ${OPEN}`, [role]);
    if (result.kind !== "rows") {
      const reason = result.kind === "refused" ? `SQLSTATE ${result.sqlState}` : result.reason;
      return await stillOpen(admin, role, cut.size, `sessions cannot be terminated (${reason})`);
    }
    for (const row of result.rows) if (row["signalled"] === true) cut.add(Number(row["pid"]));
    if (result.rows.length === 0) return { kind: "none-open", cut: cut.size };
    if (performance.now() >= deadlineMs) return { kind: "some-open", cut: cut.size, open: result.rows.length, reason: "time is up" };
    if (signal.aborted) return { kind: "some-open", cut: cut.size, open: result.rows.length, reason: "cancelled" };
    await sleep(pauseMs);
  }
}

async function stillOpen(admin: Admin, role: string, cut: number, reason: string): Promise<CutOutcome> {
  const open = await countSessions(admin, role);
  if (typeof open === "string") return { kind: "not-known", cut, reason: open };
  return open === 0 ? { kind: "none-open", cut } : { kind: "some-open", cut, open, reason };
}
