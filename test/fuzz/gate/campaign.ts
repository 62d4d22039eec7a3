/**
 * Hostile requests at the gate's HTTP doors: the gate, the upstreams behind it, the driver, and a process that does nothing, each a process of
 * its own; here the records of what was decided are held against what reached the upstreams.
 */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { caseId, hostileCase } from "@tripline/gate/hostile";
import { decode } from "@tripline/model";
import { Coverage, type Reached } from "./coverage.ts";
import type { DriverAsked, DriverTold } from "./driver-process.ts";
import type { GateAsked, GateReady, GateRecorded, GateState } from "./gate-process.ts";
import type { LoopDelay } from "./loop-watch.ts";
import { type Ports, senderTo } from "./places.ts";
import type { UpstreamReady, UpstreamTold } from "./upstream-process.ts";

export interface HostileOptions {
  readonly requests: number;
  readonly seed: number;
  /** Number of the first request; 0 by default. */
  readonly from?: number;
  /** An operation that is approved in advance, so that the campaign is seen to notice a loss. */
  readonly letPass?: string;
  /** Sends a request past the gate, so that the campaign is seen to notice one. */
  readonly bypass?: boolean;
  /** Where the requests of violations are written. */
  readonly violationsFile: string;
  /** Ends it early; what was sent until then is accounted for. */
  readonly stopped?: AbortSignal;
  readonly progress: (done: number, perSecond: number, violations: number) => void;
}

export interface Violation {
  readonly kind: "lost" | "undecided" | "undecodable record";
  readonly caseId: string | null;
  readonly trail: readonly string[];
  readonly what: string;
}

export interface HostileResult {
  readonly requests: number;
  readonly seconds: number;
  readonly connections: number;
  /** Records of decisions by their outcome. */
  readonly decided: Readonly<Record<string, number>>;
  readonly rules: Readonly<Record<string, number>>;
  /** What the clients were told. */
  readonly said: Readonly<Record<string, number>>;
  readonly reached: number;
  readonly matchedById: number;
  readonly matchedByContent: number;
  readonly losses: number;
  readonly undecided: number;
  readonly violations: readonly Violation[];
  /** How the gate's process ended, where it ended by itself. */
  readonly crash: string | null;
  readonly gate: Pick<GateState, "loop" | "stalls" | "faults" | "recordsLost" | "rssBytes"> | null;
  /** Requests that were decided while the loop was held up. */
  readonly during: readonly { readonly wallMs: number; readonly workedMs: number; readonly cases: readonly string[] }[];
  readonly idle: LoopDelay | null;
}

const MEMORY_DISK = "/dev/shm";
const CHECK_EVERY_MS = 1_000;
const SETTLE_MS = 1_500;
const KEPT_VIOLATIONS = 1_000;

export async function runHostile(options: HostileOptions): Promise<HostileResult> {
  const children: ChildProcess[] = [];
  // Approvals are synced to disk before they are answered: where the machine has a disk in memory, what others write does not slow the campaign.
  const dir = mkdtempSync(join(existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir(), "tripline-hostile-"));
  try {
    return await run(options, children, dir);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  }
}

type Started = "gate" | "upstream" | "driver" | "idle";

function start(name: Started, children: ChildProcess[]): ChildProcess {
  const child = fork(new URL(`./${name}-process.ts`, import.meta.url), [], { serialization: "advanced", stdio: ["ignore", "ignore", "inherit", "ipc"] });
  children.push(child);
  return child;
}

/** The next message of a kind; rejects where the process ends before. */
function told<T>(child: ChildProcess, kind: string, ask?: object | string): Promise<T> {
  return new Promise((resolve, reject) => {
    const hear = (message: { readonly kind: string }): void => {
      if (message.kind !== kind) return;
      child.off("message", hear).off("exit", ended);
      resolve(message as T);
    };
    const ended = (code: number | null, signal: string | null): void => {
      child.off("message", hear);
      reject(new Error(`a process ended: ${signal ?? String(code)}`));
    };
    child.on("message", hear).once("exit", ended);
    if (ask !== undefined) child.send(ask);
  });
}

async function run(options: HostileOptions, children: ChildProcess[], dir: string): Promise<HostileResult> {
  const { requests, seed, from = 0, letPass = null } = options;
  const [upstream, gate, driver, idle] = (["upstream", "gate", "driver", "idle"] as const).map((name) => start(name, children)) as [ChildProcess, ChildProcess, ChildProcess, ChildProcess];
  const { plain, secure, ca: upstreamCa } = await told<UpstreamReady>(upstream, "ready");
  const ready = await told<GateReady>(gate, "ready", { plain, secure, ca: upstreamCa, letPass, dir } satisfies GateAsked);
  const ports: Ports = { plain, secure, reverse: ready.reverse, forward: ready.forward };
  const account = new Account(options, ports);
  upstream.on("message", (message: UpstreamTold) => message.kind === "reached" && message.all.forEach((one) => account.reached(one)));
  gate.on("message", (message: GateRecorded) => message.kind === "recorded" && message.values.forEach((value) => account.recorded(value)));
  let sent: DriverTold = { kind: "sent", sent: 0, connections: 0, said: {} };
  driver.on("message", (message: DriverTold) => message.kind === "sent" && (sent = message));
  const crashed = new Promise<string>((resolve) => gate.once("exit", (code, signal) => resolve(String(signal ?? code))));
  const startedMs = performance.now();
  for (const child of [gate, idle]) child.send("measure");
  const checking = setInterval(() => {
    account.check(false);
    options.progress(sent.sent, (sent.sent / (performance.now() - startedMs)) * 1_000, account.violations.length);
  }, CHECK_EVERY_MS);
  const done = told(driver, "done", { seed, from, to: from + requests, ports, ca: ready.ca } satisfies DriverAsked).then(() => null);
  const stop = (): void => void driver.send("stop");
  if (options.stopped?.aborted === true) stop();
  options.stopped?.addEventListener("abort", stop, { once: true });
  // Without whoever sees what is lost, or how busy the machine is, nothing is shown.
  const blind = [upstream, idle].map((child) => told<never>(child, "never"));
  const crash = await Promise.race([done, crashed, ...blind]);
  for (const over of [done, ...blind]) over.catch(() => undefined);
  const seconds = (performance.now() - startedMs) / 1_000;
  if (options.bypass === true) await fetch(`http://127.0.0.1:${plain}/v1/orders/1`, { headers: { "x-case": caseId(seed, 0) } });
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  clearInterval(checking);
  const state = crash === null ? await told<GateState>(gate, "state", "state") : null;
  const { loop } = await told<{ loop: LoopDelay }>(idle, "state", "state");
  await told(upstream, "settled", "settle");
  account.check(true);
  const during = (state?.stalls ?? []).map(({ atMs, wallMs, workedMs }) => ({ wallMs, workedMs, cases: account.decidedBetween(atMs - wallMs, atMs) }));
  return { ...account.result(), requests: sent.sent, connections: sent.connections, said: sent.said, seconds, crash, gate: state, during, idle: loop };
}

/** What was decided and what arrived. */
class Account {
  readonly violations: Violation[] = [];
  readonly #options: HostileOptions;
  readonly #ports: Ports;
  readonly #coverage = new Coverage();
  readonly #decided: Record<string, number> = {};
  readonly #rules: Record<string, number> = {};
  /** Of the last ones, when they were decided. */
  readonly #recent: { readonly callId: string; readonly atMs: number }[] = [];
  #reached = 0;
  #losses = 0;
  #undecided = 0;

  constructor(options: HostileOptions, ports: Ports) {
    this.#options = options;
    this.#ports = ports;
  }

  recorded(value: Uint8Array): void {
    const decoded = decode("actions", value);
    if (!decoded.ok) return this.#violation("undecodable record", null, decoded.reason);
    const action = decoded.value;
    const { outcome = "none", rule = "none" } = action.decision ?? {};
    this.#decided[outcome] = (this.#decided[outcome] ?? 0) + 1;
    const [group = ""] = (rule ?? "none").split(".");
    const name = `${outcome} ${group}`;
    this.#rules[name] = (this.#rules[name] ?? 0) + 1;
    this.#recent.push({ callId: action.callId, atMs: action.eventMs });
    if (this.#recent.length > 2 * RECENT) this.#recent.splice(0, RECENT);
    this.#coverage.record(action, performance.now());
  }

  reached(one: Reached): void {
    this.#reached += 1;
    if (one.loss !== null) {
      this.#losses += 1;
      this.#violation("lost", one, `${one.loss}: ${one.method} ${one.url}`);
    }
    this.#coverage.reached(one, performance.now());
  }

  check(isEnd: boolean): void {
    for (const one of this.#coverage.undecided(performance.now(), isEnd)) {
      this.#undecided += 1;
      this.#violation("undecided", one, `${one.method} ${one.url}`);
    }
  }

  decidedBetween(fromMs: number, toMs: number): readonly string[] {
    return this.#recent.filter(({ atMs }) => atMs >= fromMs - 1 && atMs <= toMs + 1).map(({ callId }) => callId);
  }

  result() {
    const { matchedById, matchedByContent } = this.#coverage;
    return { decided: this.#decided, rules: this.#rules, reached: this.#reached, matchedById, matchedByContent, losses: this.#losses, undecided: this.#undecided, violations: this.violations };
  }

  #violation(kind: Violation["kind"], reached: Reached | null, what: string): void {
    if (this.violations.length >= KEPT_VIOLATIONS) return;
    const { seed, violationsFile } = this.#options;
    const number = Number(new RegExp(`^case-${seed}-(\\d+)$`).exec(reached?.caseId ?? "")?.[1] ?? Number.NaN);
    const made = Number.isSafeInteger(number) ? hostileCase(seed, number, senderTo(this.#ports)) : null;
    this.violations.push({ kind, caseId: reached?.caseId ?? null, trail: made?.trail ?? [], what });
    const line = { kind, what, caseId: reached?.caseId ?? null, trail: made?.trail ?? null, sent: made?.bytes.toString("latin1") ?? null, reached };
    writeFileSync(violationsFile, `${JSON.stringify(line)}\n`, { flag: "a", mode: 0o600 });
  }
}

const RECENT = 20_000;
