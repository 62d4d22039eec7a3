/** One service process: killed, paused and started again under the same name and ports, as an orchestrator does. */
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, type WriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../services/launcher/src/main.ts", import.meta.url));

export interface InstancePlan {
  readonly name: string;
  readonly target: string;
  /** Configuration files, the later ones hold. */
  readonly configs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where what it says on standard error goes. */
  readonly log: string;
}

const living = new Set<ChildProcess>();
// Whatever ends this process, no service may outlive it.
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

export class Instance {
  readonly name: string;
  readonly target: string;
  /** How it ended by itself once it ran, which it never may. */
  readonly selfEnded: string[] = [];
  /** What Node itself warned of, as of listeners that pile up, once each: a leak shows there long before it hurts. */
  readonly warnings = new Set<string>();
  /** Starts given up, as while no broker can be reached; each is tried again. */
  failedStarts = 0;
  readonly #plan: InstancePlan;
  readonly #log: WriteStream;
  #child: ChildProcess | null = null;
  #isExpected = false;
  #ready: Promise<boolean> = Promise.resolve(false);
  #isReady = false;

  constructor(plan: InstancePlan) {
    this.name = plan.name;
    this.target = plan.target;
    this.#plan = plan;
    this.#log = createWriteStream(plan.log, { flags: "a" });
  }

  /** Starts it; resolves with true when it says that it runs, with false when it ended first. */
  start(): Promise<boolean> {
    if (this.#child !== null) return this.#ready;
    const { configs, env, target, name } = this.#plan;
    const files = configs.flatMap((file) => ["--config", file]);
    const args = [MAIN, "--json", ...files, "up", `--target=${target}`, `--instance=${name}`];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env } });
    living.add(child);
    this.#child = child;
    this.#isExpected = false;
    this.#isReady = false;
    child.stderr.pipe(this.#log, { end: false });
    createInterface({ input: child.stderr }).on("line", (line) => {
      const warning = WARNING.exec(line)?.[1];
      if (warning !== undefined) this.warnings.add(`${this.name}: ${warning}`);
    });
    const gone = new Promise<boolean>((resolve) => child.once("exit", (code, signal) => resolve(this.#gone(child, code, signal))));
    const said = new Promise<boolean>((resolve) => createInterface({ input: child.stdout }).once("line", () => resolve((this.#isReady = true))));
    this.#ready = Promise.race([said, gone]);
    return this.#ready;
  }

  /** Of the process that runs now; null while there is none. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** It runs and has said so. */
  get ready(): boolean {
    return this.#child !== null && this.#isReady;
  }

  /** Resolves when it is gone. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#isExpected = true;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGCONT");
    child.kill(signal);
    await gone;
  }

  stop(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  #gone(child: ChildProcess, code: number | null, signal: string | null): false {
    living.delete(child);
    this.#child = null;
    if (!this.#isExpected) {
      if (this.#isReady) this.selfEnded.push(`${this.name} ended by itself (${signal ?? `exit code ${code}`})`);
      else this.failedStarts += 1;
      // As an orchestrator: it is started again, and counted.
      setTimeout(() => void this.start(), RESTART_MS).unref();
    }
    return false;
  }
}

const RESTART_MS = 1_000;
const WARNING = /^\(node:\d+\) (.*Warning: .*)$/u;
