/** The instance that a runtime makes once: settings, delivery and sessions. */
import { randomUUID } from "node:crypto";
import { RESOURCE, SDK_NAME } from "./attributes.ts";
import { flushBeforeExit } from "./delivery/before-exit.ts";
import { FetchTransport } from "./delivery/fetch-transport.ts";
import { HttpTransport } from "./delivery/http-transport.ts";
import { MAX_IN_FLIGHT, resourceText, Sender } from "./delivery/sender.ts";
import { Gate } from "./gate/gate.ts";
import { checkGate, type GateOptions } from "./gate/gate-options.ts";
import { gateTool } from "./gate/gate-tool.ts";
import { checkOptions, type CallDescription, type Diagnostic, type DropReason, type GatedTriplineOptions, type SessionOptions, type Stats, type ToolOptions, type TriplineOptions } from "./options.ts";
import { SessionReporter, type Outlet, type ReportedCall } from "./session.ts";
import { errorType } from "./snapshot.ts";
import { SDK_VERSION } from "./version.ts";
import { wrapTool } from "./wrap-tool.ts";

/** A tool as wrapped: asking a gate takes time, so that a gated one always answers a promise. */
export type Wrapped<Args extends unknown[], Result, Gated extends boolean> = (...args: Args) => Gated extends true ? Promise<Awaited<Result>> : Result;

/** What can be done within one session. */
export interface TriplineSession<Gated extends boolean = false> {
  readonly sessionId: string;
  /**
   * The tool, reporting each call; it behaves as the bare one. With a gate it runs only once the gate has allowed the call; otherwise it
   * rejects with TriplineDenied, TriplineHeld or TriplineGateAway.
   */
  wrapTool<Args extends unknown[], Result>(name: string, tool: (...args: Args) => Result, options?: ToolOptions<Args>): Wrapped<Args, Result, Gated>;
  /** For runtimes with hooks instead of functions: reports an attempt now, its outcome through what is returned. */
  reportCall(tool: string, args: unknown, description?: CallDescription): ReportedCall;
  /** What a person asked for: values in it are not foreign when they turn up in arguments. */
  sawTask(text: string): void;
  /** What came from outside without passing a wrapped tool. */
  sawToolOutput(text: string): void;
}

export interface Tripline<Gated extends boolean = false> extends TriplineSession<Gated> {
  /** A further session of the same agent: a conversation, a subagent's run. */
  session(options: SessionOptions): TriplineSession<Gated>;
  /** True when all that was queued has been answered within `timeoutMs`. */
  flush(timeoutMs: number): Promise<boolean>;
  /** Flushes, then stops reporting and closes connections; tools go on working. True when nothing was left unsent. */
  shutdown(timeoutMs: number): Promise<boolean>;
  stats(): Stats;
}

/** Starts reporting. Throws TypeError when an option would make every report fail; after that, nothing here throws. */
export function createTripline(options: GatedTriplineOptions): Tripline<true>;
export function createTripline(options: TriplineOptions): Tripline;
export function createTripline(options: TriplineOptions & { gate?: GateOptions }): Tripline<boolean> {
  const url = checkOptions(options);
  const gate = options.gate === undefined ? null : new Gate(checkGate(options.gate));
  const counters = new Counters(options.onDiagnostic);
  const transport =
    options.fetch === undefined ? new HttpTransport(url, options.ingestToken, MAX_IN_FLIGHT) : new FetchTransport(url, options.ingestToken, options.fetch);
  const sender = new Sender(transport, resourceOf(options), counters);
  const outlet: Outlet = {
    agent: { ...options.agent },
    next: () => ++counters.sequence,
    add(phase, record) {
      counters[phase]++;
      sender.add(phase, record);
    },
    guard: (work, otherwise) => counters.guard(work, otherwise),
    describeFailed: (error) => counters.describeFailed(error),
  };
  const forget = flushBeforeExit(sender);
  const main: SessionOptions = { id: options.session ?? randomUUID() };
  if (options.task !== undefined) main.task = options.task;
  return {
    ...sessionOf(outlet, main, gate),
    session: (session) => sessionOf(outlet, session, gate),
    flush: (timeoutMs) => sender.flush(timeoutMs),
    async shutdown(timeoutMs) {
      forget();
      const isEmpty = await sender.flush(timeoutMs);
      sender.close();
      gate?.close();
      return isEmpty;
    },
    stats: () => counters.stats(sender, gate),
  };
}

function sessionOf(outlet: Outlet, options: SessionOptions, gate: Gate | null): TriplineSession<boolean> {
  const reporter = new SessionReporter(outlet, options);
  return {
    sessionId: options.id,
    wrapTool: (name, tool, toolOptions = {}) => (gate === null ? wrapTool(reporter, name, tool, toolOptions) : gateTool(gate, reporter, name, tool, toolOptions)),
    reportCall: (tool, args, description) => reporter.attempt(tool, args, () => description),
    sawTask: (text) => reporter.sawTask(text),
    sawToolOutput: (text) => reporter.sawToolOutput(text),
  };
}

function resourceOf(options: TriplineOptions): string {
  return resourceText({
    [RESOURCE.serviceName]: options.agent.name,
    [RESOURCE.serviceVersion]: options.agent.version,
    [RESOURCE.environment]: options.environment,
    [RESOURCE.sdkName]: SDK_NAME,
    [RESOURCE.sdkVersion]: SDK_VERSION,
    [RESOURCE.sdkLanguage]: "nodejs",
  });
}

const NO_GATE: Stats["gate"] = { allowed: 0, denied: 0, held: 0, away: 0 };
const TELL_EVERY_MS = 10_000;

/** Everything that went other than planned, counted. */
class Counters {
  sequence = 0;
  attempt = 0;
  result = 0;
  #internalErrors = 0;
  readonly #dropped: Record<DropReason, number> = {
    "queue-full": 0,
    rejected: 0,
    "partial-success": 0,
    "retries-exhausted": 0,
    "shut-down": 0,
    "internal-error": 0,
  };
  readonly #toldMs = new Map<DropReason, number>();
  readonly #onDiagnostic: TriplineOptions["onDiagnostic"];

  constructor(onDiagnostic: TriplineOptions["onDiagnostic"]) {
    this.#onDiagnostic = onDiagnostic;
  }

  guard<T>(work: () => T, otherwise: T): T {
    try {
      return work();
    } catch (error) {
      this.#internalErrors++;
      this.#dropped["internal-error"]++;
      this.#tell({ kind: "internal-error", reason: errorType(error) });
      return otherwise;
    }
  }

  describeFailed(error: unknown): void {
    this.#internalErrors++;
    this.#tell({ kind: "describe-failed", reason: errorType(error) });
  }

  /** Told at once and then at most every ten seconds per reason: an outage must not flood the runtime's log. */
  dropped(reason: DropReason, records: number, detail: string): void {
    this.#dropped[reason] += records;
    const nowMs = performance.now();
    if (nowMs - (this.#toldMs.get(reason) ?? Number.NEGATIVE_INFINITY) < TELL_EVERY_MS) return;
    this.#toldMs.set(reason, nowMs);
    this.#tell({ kind: "dropped", reason: `${reason}: ${detail} (${this.#dropped[reason]} so far)` });
  }

  retrying(reason: string): void {
    this.#tell({ kind: "retrying", reason });
  }

  stats(sender: Sender, gate: Gate | null): Stats {
    return {
      gate: { ...(gate?.counts ?? NO_GATE) },
      attempts: this.attempt,
      results: this.result,
      sent: sender.sent,
      retries: sender.retries,
      queued: sender.queued,
      inFlight: sender.inFlight,
      dropped: { ...this.#dropped },
      internalErrors: this.#internalErrors,
      lastFailure: sender.lastFailure,
    };
  }

  #tell(diagnostic: Diagnostic): void {
    try {
      this.#onDiagnostic?.(diagnostic);
    } catch {
      // The runtime's own logger failed: nobody is left to tell.
    }
  }
}
