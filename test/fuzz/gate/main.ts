/** `pnpm fuzz --requests N`: hostile requests at the gate. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runHostile } from "./campaign.ts";
import { hostileComplaints, hostileJson, humanReport } from "./report.ts";

export interface HostileMain {
  readonly requests: number;
  readonly seed: number;
  readonly from: number;
  readonly json: boolean;
}

/** The exit code. */
export async function runHostileMain({ requests, seed, from, json }: HostileMain): Promise<number> {
  const violationsFile = join(mkdtempSync(join(tmpdir(), "tripline-hostile-requests-")), "violations.jsonl");
  const progress = bar(requests);
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort());
  const result = await runHostile({ requests, seed, from, violationsFile, progress, stopped: stopping.signal });
  process.stderr.write("\n");
  process.stdout.write(humanReport(result, violationsFile));
  if (json) process.stdout.write(`${hostileJson(result, seed)}\n`);
  return hostileComplaints(result).length === 0 ? 0 : 1;
}

const WIDTH = 30;
const LINE_EVERY_MS = 15_000;

/** One line that is written over on a terminal; elsewhere a line now and then. */
function bar(requests: number): (done: number, perSecond: number, violations: number) => void {
  let lastMs = 0;
  return (done, perSecond, violations) => {
    const isTerminal = process.stderr.isTTY;
    if (!isTerminal && performance.now() - lastMs < LINE_EVERY_MS) return;
    lastMs = performance.now();
    const full = Math.round((WIDTH * Math.min(done, requests)) / requests);
    const left = perSecond === 0 ? "?" : Math.max(0, Math.round((requests - done) / perSecond));
    const line = `[${"#".repeat(full)}${"-".repeat(WIDTH - full)}] ${done}/${requests}, ${Math.round(perSecond)}/s, ${left} s left, ${violations} violations`;
    process.stderr.write(isTerminal ? `\r${line} ` : `${line}\n`);
  };
}
