/** The detector as its own process, with the shipped configuration, and what the kernel says of it: memory at its highest, and processor time. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Instance } from "../../faults/kafka/instance.ts";
import type { DetectorPlan } from "./site.ts";

/** Between two looks. The kernel itself keeps the highest; looks are there so that a life that ends by itself is seen too. */
const LOOK_MS = 100;
const TICKS_PER_SECOND = 100;
/** Its own gauges change no oftener than this. */
const ASK_MS = 1_000;
const LAST_WORDS_CHARS = 1_000;

/** One life after another, of the same name. */
export class WatchedDetector {
  readonly #instance: Instance;
  readonly #metricsUrl: string;
  readonly #logFile: string;
  /** Highest that it said of baselines in memory, and of the registry's bytes. */
  hotAgentsMax = 0;
  registryBytesMax = 0;
  readonly #lives: { maxBytes: number; cpuMs: number }[] = [];
  #watching: Promise<void> = Promise.resolve();

  constructor(plan: DetectorPlan) {
    this.#instance = new Instance(plan);
    this.#metricsUrl = plan.metricsUrl;
    this.#logFile = plan.log;
  }

  /** Resolves when it says that it judges; answers after how many milliseconds. */
  async start(): Promise<number> {
    const startedMs = performance.now();
    const ready = this.#instance.start();
    const life = { maxBytes: 0, cpuMs: 0 };
    this.#lives.push(life);
    this.#watching = this.#watch(this.#instance.pid, life);
    if (!(await ready)) throw new Error(`the detector did not start: ${readFileSync(this.#logFile, "utf8").slice(-LAST_WORDS_CHARS)}`);
    return performance.now() - startedMs;
  }

  /** kill -9. @throws when it had ended by itself before */
  async kill(): Promise<void> {
    const { pid } = this.#instance;
    const life = this.#lives.at(-1);
    if (this.#instance.selfEnded.length > 0 || pid === null || life === undefined) throw new Error(this.#instance.selfEnded.join("; ") || "the detector does not run");
    await this.#ask();
    look(pid, life);
    await this.#instance.end("SIGKILL");
    await this.#watching;
  }

  /** Of each life, in bytes: the highest resident size, as the kernel kept it. */
  get maxBytes(): readonly number[] {
    return this.#lives.map(({ maxBytes }) => maxBytes);
  }

  get cpuMs(): number {
    return this.#lives.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  }

  async stop(): Promise<void> {
    await this.#instance.end("SIGKILL");
  }

  async #watch(pid: number | null, life: { maxBytes: number; cpuMs: number }): Promise<void> {
    if (pid === null) return;
    for (let lookedMs = 0; look(pid, life); lookedMs += LOOK_MS) {
      if (lookedMs % ASK_MS === 0) await this.#ask();
      await sleep(LOOK_MS);
    }
  }

  async #ask(): Promise<void> {
    const said = await fetch(this.#metricsUrl, { signal: AbortSignal.timeout(ASK_MS) }).then((answer) => answer.text(), () => "");
    const gauge = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(said)?.[1] ?? 0);
    this.hotAgentsMax = Math.max(this.hotAgentsMax, gauge("tripline_detector_hot_agents"));
    this.registryBytesMax = Math.max(this.registryBytesMax, gauge("tripline_detector_registry_bytes"));
  }
}

/** False once the process is gone. */
function look(pid: number, life: { maxBytes: number; cpuMs: number }): boolean {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    if (kib === undefined) return false;
    life.maxBytes = Math.max(life.maxBytes, Number(kib) * 1_024);
    const ticks = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ");
    life.cpuMs = Math.max(life.cpuMs, ((Number(ticks?.[11]) + Number(ticks?.[12])) * 1_000) / TICKS_PER_SECOND);
    return true;
  } catch {
    return false;
  }
}
