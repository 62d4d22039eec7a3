/** Sampled baselines as the detector stored them, beside those that a process of its own makes from the log. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Store } from "@tripline/store";
import { differingBaselines } from "../../faults/applied-once.ts";
import type { Recomputed, RecomputePlan } from "./recompute.ts";
import { agentId, keyOf } from "./traffic.ts";

const HEAP_MB = 12_000;

export interface Compared extends Pick<Recomputed, "records" | "agents"> {
  /** Agents whose stored baseline differs by a byte, or is not there. */
  readonly wrong: readonly string[];
}

/** Call once everything was judged. */
export async function wrongBaselines(store: Store, plan: RecomputePlan): Promise<Compared> {
  const { baselines, records, agents } = await recomputed(plan);
  const states = await store.loadStates("detector", plan.sample.map(keyOf));
  const stored = new Map(plan.sample.map((index) => [agentId(index), states.get(keyOf(index)) ?? new Uint8Array()]));
  const expected = new Map(plan.sample.map((index) => [agentId(index), Buffer.from(baselines[agentId(index)] ?? "none", "base64")]));
  return { records, agents, wrong: differingBaselines(expected, stored) };
}

async function recomputed(plan: RecomputePlan): Promise<Recomputed> {
  const file = fileURLToPath(new URL("./recompute.ts", import.meta.url));
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, file, JSON.stringify(plan)], { stdio: ["ignore", "pipe", "inherit"] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "exit") as Promise<[number | null]>]);
  if (code !== 0) throw new Error(`recomputing ended with ${String(code)}`);
  return JSON.parse(said) as Recomputed;
}
