/** The last act: a database is dropped with a human's approval, and comes back from the dump that the guard took before. */
import { setTimeout as sleep } from "node:timers/promises";
import { DATABASE, type DatabaseOrNot } from "./database.ts";
import type { GateDoors } from "./gate-process.ts";

export interface DatabaseFacts {
  /** Rows that the database had. */
  readonly rows: number;
  /** From the loss until all of them were back, and the same; null = they are not. */
  readonly restoredAfterMs: number | null;
}

/** Longest wait for the undo window and the dump. */
const WAIT_MS = 20_000;
const POLL_MS = 100;
const DROP = { tool: "psql", request: { kind: "sql", system: "postgresql", text: `DROP DATABASE ${DATABASE}` } } as const;

/** Null where it is left out. `say` answers when. */
export async function loseAndRestoreDatabase(doors: GateDoors, database: DatabaseOrNot, say: (text: string) => number): Promise<DatabaseFacts | null> {
  if ("missing" in database) {
    say(`the act with the database is left out: ${database.missing}`);
    return null;
  }
  const before = await database.contents();
  if (before === null) throw new Error(`the demo's database ${DATABASE} is not there`);
  const known = await backups(doors);
  const held = await doors.decide(DROP);
  if (held.decision !== "hold" || held.approval === null) throw new Error(`the gate did not hold it: ${JSON.stringify(held).slice(0, 400)}`);
  const approvalId = held.approval.id;
  say(`database ${DATABASE}: the agent asks to drop it; held`);
  await doors.answer(approvalId, "approve", "It is to be made anew.");
  say(`database ${DATABASE}: an approver approves that`);
  await untilAllowed(doors, approvalId);
  const taken = (await backups(doors)).filter((id) => !known.includes(id));
  const [backup] = taken;
  if (backup === undefined) throw new Error("the gate allowed it without a dump of the guard's");
  say(`database ${DATABASE}: the guard has dumped its ${before.rows} rows, and only then the agent may`);
  await database.dropAsAgent();
  if ((await database.contents()) !== null) throw new Error(`the database ${DATABASE} is still there`);
  const lostMs = say(`database ${DATABASE}: the agent drops it with its own login; it is gone`);
  await doors.cli("restore", backup);
  const after = await database.contents();
  const isSame = after?.rows === before.rows && after.digest === before.digest;
  const restoredMs = say(isSame ? `database ${DATABASE}: \`tripline restore\` brings it back, all ${after.rows} rows as they were` : `database ${DATABASE}: it did NOT come back as it was`);
  return { rows: before.rows, restoredAfterMs: isSame ? restoredMs - lostMs : null };
}

/** Asks again as a runtime does, with the approval in hand. */
async function untilAllowed(doors: GateDoors, approvalId: string): Promise<void> {
  const untilMs = Date.now() + WAIT_MS;
  for (;;) {
    const answer = await doors.decide({ ...DROP, approvalId });
    if (answer.decision === "allow") return;
    if (answer.decision === "deny" || Date.now() > untilMs) throw new Error(`the approved call was not allowed: ${JSON.stringify(answer).slice(0, 400)}`);
    await sleep(POLL_MS);
  }
}

async function backups(doors: GateDoors): Promise<readonly string[]> {
  return ((await doors.cli("backups")) as readonly { readonly id: string }[]).map(({ id }) => id);
}
