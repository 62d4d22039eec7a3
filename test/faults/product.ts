/** The running product: `tripline up` as a child process, killed only by its own process id. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { FaultsWorld } from "./world.ts";

const MAIN = fileURLToPath(new URL("../../services/launcher/src/main.ts", import.meta.url));
const KILL_POINTS = new URL("kill-points.ts", import.meta.url).href;
/** Lines kept of what it wrote to standard error. */
const COMPLAINT_LINES = 20;

export interface Life {
  readonly pid: number;
  readonly startedMs: number;
  /** Resolves with the milliseconds from start to its first line; never, if it died before. */
  readonly ready: Promise<number>;
  /** Resolves when it is gone, with how. */
  readonly gone: Promise<{ readonly signal: string | null; readonly code: number | null }>;
  kill(signal: "SIGKILL" | "SIGTERM"): void;
  complaints(): string;
}

const living = new Set<ChildProcess>();
// Whatever ends this process, the product must not outlive it.
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

export interface KillPoint {
  /** As in the plan: channel and topic. */
  readonly point: string;
  readonly nth: number;
  /** File that proves it. */
  readonly log: string;
}

export function startProduct(world: Pick<FaultsWorld, "configFile" | "env">, killPoint: KillPoint | null): Life {
  const at = killPoint === null ? {} : { FAULTS_KILL_AT: `${killPoint.point} ${killPoint.nth}`, FAULTS_KILL_LOG: killPoint.log };
  const preload = killPoint === null ? [] : ["--import", KILL_POINTS];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...preload, MAIN, "--config", world.configFile, "--json", "up"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...world.env, ...at },
  });
  living.add(child);
  const complaints: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    complaints.push(line.slice(0, 400));
    if (complaints.length > COMPLAINT_LINES) complaints.shift();
  });
  const ready = new Promise<number>((resolve) => createInterface({ input: child.stdout }).once("line", () => resolve(performance.now() - startedMs)));
  const gone = new Promise<{ signal: string | null; code: number | null }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ signal, code })).once("error", () => resolve({ signal: null, code: -1 }));
  });
  void gone.then(() => living.delete(child));
  return { pid: child.pid ?? -1, startedMs, ready, gone, kill: (signal) => void child.kill(signal), complaints: () => complaints.join("\n") };
}

/** The administrator's token, which the product made on its first start. */
export function adminToken(world: Pick<FaultsWorld, "dataDir">): string | null {
  const path = join(world.dataDir, "admin-token");
  return existsSync(path) ? readFileSync(path, "utf8").trim() : null;
}
