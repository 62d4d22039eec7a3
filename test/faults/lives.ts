/** One life of the product, from its start to the kill that the plan wants, and the proof of where it died. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kill, Window } from "./kill-plan.ts";
import { type Life, startProduct } from "./product.ts";
import { armUnanswered, deletionsExecuted } from "./provider-faults.ts";
import type { FaultsWorld } from "./world.ts";

export interface Death {
  /** The window it provably died in; null: at some point between. */
  readonly window: Window | "unanswered" | null;
  /** Milliseconds from start to readiness; null if it died before. */
  readonly readyMs: number | null;
  /** It ended by itself, which it never may. */
  readonly selfEnded: string | null;
}

/** A window that does not come within this is not waited for: the product is killed anyway, and the plan tries again. */
const WINDOW_MS = 8_000;
/** A start takes about a second; one that takes this long has hung. */
const READY_MS = 30_000;

/** `whenReady` is called once the product answers, to set the world in motion. */
export async function liveAndDie(world: FaultsWorld, kill: Kill, killLog: string, whenReady: () => void): Promise<Death> {
  rmSync(killLog, { force: true });
  const life = startProduct(world, kill.kind === "window" ? { point: kill.point, nth: kill.nth, log: killLog } : null);
  const readyMs = await firstOf(life, kill.kind === "random" ? kill.afterStartMs : READY_MS);
  if (readyMs === null && kill.kind !== "random" && proofOf(killLog) === null) return neverReady(life);
  if (readyMs !== null) whenReady();
  const unanswered = readyMs === null ? false : await untilKillTime(life, world, kill);
  life.kill("SIGKILL");
  const { signal, code } = await life.gone;
  const selfEnded = signal === "SIGKILL" ? null : `ended by itself (exit code ${code})\n${life.complaints()}`;
  return { window: unanswered ? "unanswered" : provenWindow(kill, killLog, world, life.pid), readyMs, selfEnded };
}

async function neverReady(life: Life): Promise<Death> {
  const gone = await Promise.race([life.gone, sleep(0, null)]);
  life.kill("SIGKILL");
  await life.gone;
  const how = gone === null ? `was not ready within ${READY_MS} ms` : `ended by itself (exit code ${gone.code}) before it was ready`;
  return { window: null, readyMs: null, selfEnded: `${how}\n${life.complaints()}` };
}

/** Milliseconds to readiness, or null when it is gone or time is up. */
async function firstOf(life: Life, boundMs: number): Promise<number | null> {
  return Promise.race([life.ready, life.gone.then(() => null), sleep(boundMs, null)]);
}

/** True if the provider has carried a revocation out that nobody was told of. */
async function untilKillTime(life: Life, world: FaultsWorld, kill: Kill): Promise<boolean> {
  if (kill.kind === "window") await Promise.race([life.gone, sleep(WINDOW_MS)]);
  if (kill.kind === "random-ready") await sleep(kill.afterReadyMs);
  if (kill.kind !== "executed-unanswered") return false;
  armUnanswered(world.railway);
  const before = deletionsExecuted(world.railway);
  for (let waitedMs = 0; waitedMs < WINDOW_MS; waitedMs += 5) {
    if (deletionsExecuted(world.railway) > before) return true;
    await sleep(5);
  }
  return false;
}

interface Proof {
  readonly pid: number;
  readonly message: { readonly credentialId?: string; readonly outcome?: string };
}

/** The line in which the product says where it died; null if it died elsewhere. */
function proofOf(killLog: string): Proof | null {
  const line = existsSync(killLog) ? readFileSync(killLog, "utf8").trim() : "";
  return line === "" ? null : (JSON.parse(line) as Proof);
}

/** The window, if the product's own line says so and the provider's state does not contradict it. */
function provenWindow(kill: Kill, killLog: string, world: FaultsWorld, pid: number): Window | null {
  const proof = proofOf(killLog);
  if (kill.kind !== "window" || proof === null || proof.pid !== pid) return null;
  const token = world.railway.state().tokens.find(({ name }) => name === proof.message.credentialId);
  // The first intent of a credential: were it deleted already, the call would not be still to come.
  if (kill.window === "intent-call" && token?.deletedAtMs !== null) return null;
  // An answer that claims a deletion which did not happen is one of the provider's faults; every other one must be true.
  if (kill.window === "call-outcome" && token === undefined) return null;
  return kill.window;
}
