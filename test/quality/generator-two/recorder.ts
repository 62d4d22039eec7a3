/** From calls to the records of them: ids, sessions, phases, and what restarts do to telemetry. */
import type { Action, Captured } from "@tripline/model";
import type { SimulatedAction } from "../generator/generator.ts";
import type { Random } from "../random.ts";
import type { Call } from "./toolbox.ts";

/** Share of calls after which the agent's process restarts and its exporter repeats what it had not seen acknowledged. */
const RESTARTS = 0.0005;
const NO_DIGEST = "0".repeat(64);

export interface Sender {
  readonly tenant: string;
  readonly id: string;
  readonly role: string;
  readonly fingerprint: string | null;
  /** Reports attempt and result apart; others report each call once, when it is over. */
  readonly attempts: boolean;
  /** States where arguments came from. */
  readonly provenance: boolean;
}

export class Recorder {
  readonly #sender: Sender;
  readonly #random: Random;
  #calls = 0;
  #restarts = 0;

  constructor(sender: Sender, random: Random) {
    this.#sender = sender;
    this.#random = random;
  }

  /** Records of one call at `atMs`, the next following after `pauseMs`. */
  *record(call: Call, atMs: number, pauseMs: number, session: number, attackCall = 0, tooLate = false): IterableIterator<SimulatedAction> {
    this.#calls += 1;
    const callId = `c${this.#calls}`;
    const doneMs = atMs + Math.floor(Math.min(pauseMs * 0.8, 20 + this.#random.exponential(900)));
    if (this.#sender.attempts) yield { action: this.#action(call, "attempt", atMs, callId, session), attackCall, tooLate };
    const result = { action: this.#action(call, "result", this.#sender.attempts ? doneMs : atMs, callId, session), attackCall, tooLate };
    yield result;
    if (!this.#random.chance(RESTARTS)) return;
    this.#restarts += 1;
    yield result;
  }

  #action(call: Call, phase: Action["phase"], eventMs: number, callId: string, session: number): Action {
    const { tenant, id, role, fingerprint, provenance } = this.#sender;
    return {
      v: 1, id: `${id}:${callId}:${phase}`, callId, tenant,
      agent: { id, name: id, version: `2.${this.#restarts}`, role, runtime: "second" },
      assurance: "channel", claimedAgent: null, session: `${id}-${session}-${this.#restarts}`, parentSession: null, task: null,
      phase, eventMs: Math.floor(eventMs), tool: call.tool, operation: null, request: call.request, inputs: call.inputs === null ? null : captured(call.inputs), outputs: null,
      provenance: provenance && call.effect !== "read" ? { "$.id": this.#random.chance(0.2) ? "tool-output" : "task" } : {},
      resource: null, credentials: fingerprint === null ? [] : [{ fingerprint, principal: null, leaseId: null }],
      environment: "staging", outcome: phase === "result" ? { status: this.#random.chance(0.03) ? "error" : "ok", errorType: null } : null,
      decision: null, reasoning: null, source: { dialect: "second", signal: "trace", traceId: null, spanId: null, parentSpanId: null },
    };
  }
}

function captured(value: Readonly<Record<string, unknown>>): Captured {
  const text = JSON.stringify(value);
  return { text, fullBytes: text.length, truncated: false, digest: NO_DIGEST };
}
