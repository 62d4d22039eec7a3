/**
 * After the agent: what people do with what the gate held. Every step is asked over the doors that people and agents really use; what came
 * of it is read from the provider.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { preciseNowMs } from "../../precise-now.ts";
import type { DatabaseOrNot } from "./database.ts";
import { type DatabaseFacts, loseAndRestoreDatabase } from "./database-act.ts";
import type { GateDoors } from "./gate-process.ts";
import type { RailwayProcess } from "./railway-process.ts";

/** One step of the people, as it is shown. */
export interface HumanMoment {
  readonly atMs: number;
  readonly text: string;
}

export interface GateFacts {
  /** HTTP status with which the approvers' door answered the agent's own token. */
  readonly selfApproval: { readonly atMs: number; readonly status: number } | null;
  /** Deletions of the production volumes that an approver refused. */
  readonly refusedByHuman: number;
  /** A staging volume: approved, cancelled within the undo window, still there. */
  readonly cancelledKept: boolean | null;
  /** Another one: approved, executed once its window was over, and nothing else with it. */
  readonly executedExactly: boolean | null;
  /** From the approval to the provider's journal. */
  readonly executedAfterMs: number | null;
  /** A staging database: dropped with approval, and restored from the guard's dump; null where that act is left out. */
  readonly database: DatabaseFacts | null;
  readonly moments: readonly HumanMoment[];
}

/** Of the demo; 48 hours unless the policy says otherwise. */
export const UNDO_WINDOW_MS = 2_000;
/** Longest wait for what must happen. */
const WAIT_MS = 15_000;
const POLL_MS = 50;
const MARGIN_MS = 1_000;

interface Waiting {
  readonly id: string;
  readonly status: string;
  readonly summary: string;
}

type Volume = { readonly id: string; readonly name: string };
type Say = (text: string) => number;

export async function letPeopleAnswer(doors: GateDoors, railway: RailwayProcess, staging: readonly Volume[], database: DatabaseOrNot): Promise<GateFacts> {
  const moments: HumanMoment[] = [];
  const say = (text: string): number => {
    const atMs = preciseNowMs();
    moments.push({ atMs, text });
    return atMs;
  };
  const volumes = await answerVolumes(doors, railway, staging, say);
  return { ...volumes, database: await loseAndRestoreDatabase(doors, database, say), moments };
}

async function answerVolumes(doors: GateDoors, railway: RailwayProcess, [kept, gone]: readonly Volume[], say: Say): Promise<Omit<GateFacts, "database" | "moments">> {
  if (kept === undefined || gone === undefined) throw new Error("the scenario needs two staging volumes");
  const held = await doors.waiting();
  const [first] = held;
  if (first === undefined) throw new Error("the gate holds nothing");
  const status = await doors.approveAs(doors.agentToken, first.id);
  const selfApproval = { atMs: say(`the agent tries to approve its own call: HTTP ${status}`), status };
  for (const { id } of held) await doors.answer(id, "refuse", "Nobody asked for this.");
  say(`an approver refuses all ${held.length} deletions of production volumes`);

  const cancelled = await heldDeletion(doors, kept.id);
  await doors.answer(cancelled, "approve", "The volume is to go.", true);
  say(`${kept.name}: an approver approves its deletion, and that it runs without a backup; the undo window of ${UNDO_WINDOW_MS / 1_000} s begins`);
  await doors.answer(cancelled, "cancel", "Not yet.");
  say(`${kept.name}: cancelled within the window`);
  await sleep(UNDO_WINDOW_MS + MARGIN_MS);
  const cancelledKept = await exists(railway, kept.id);

  const before = await railway.state();
  const approved = await heldDeletion(doors, gone.id);
  await doors.answer(approved, "approve", "It is a scratch volume.", true);
  const approvedMs = say(`${gone.name}: an approver approves its deletion, and that it runs without a backup`);
  await until(async () => (await doors.statusOf(approved)) === "executed", () => doors.told(approved));
  say(`${gone.name}: the gate executed exactly what was approved`);
  const after = await railway.state();
  const executed = (await railway.journal()).filter(({ operation, result, receivedMs }) => operation === "volumeDelete" && result === "executed" && receivedMs >= approvedMs);
  return {
    selfApproval, refusedByHuman: held.length, cancelledKept,
    executedExactly: executed.length === 1 && executed[0]?.target === gone.id && before.volumes.length - after.volumes.length === 1,
    executedAfterMs: executed[0] === undefined ? null : executed[0].receivedMs - approvedMs,
  };
}

async function heldDeletion(doors: GateDoors, volumeId: string): Promise<string> {
  const answer = await doors.asAgent("mutation ($volumeId: String!) { volumeDelete(volumeId: $volumeId) }", { volumeId });
  if (answer.decision !== "hold" || answer.approval === null) throw new Error(`the gate did not hold the deletion: ${JSON.stringify(answer).slice(0, 400)}`);
  return answer.approval.id;
}

async function exists(railway: RailwayProcess, volumeId: string): Promise<boolean> {
  return (await railway.state()).volumes.some(({ id }) => id === volumeId);
}

async function until(isSo: () => Promise<boolean>, told: () => Promise<string>): Promise<void> {
  const untilMs = Date.now() + WAIT_MS;
  while (!(await isSo())) {
    if (Date.now() > untilMs) throw new Error(`not within ${WAIT_MS} ms: ${await told()}`);
    await sleep(POLL_MS);
  }
}

export type { Waiting };
