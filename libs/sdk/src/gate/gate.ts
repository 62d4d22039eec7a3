/** The runtime's side of the gate: nothing runs before the gate has said so. */
import { setTimeout as sleep } from "node:timers/promises";
import type { GateAnswer, GateClient } from "./answer.ts";
import { TriplineDenied, TriplineGateAway, TriplineHeld } from "./errors.ts";
import type { GateSettings } from "./gate-options.ts";
import { createHttpClient } from "./http-client.ts";
import { createSocketClient } from "./socket-client.ts";

/** One call as the gate is asked about it: a decision request of its OpenAPI document. */
export interface Question {
  readonly tool: string;
  readonly callId: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Declared by the tool's author to only read. */
  readonly onlyReads: boolean;
}

/** `decided`: the gate allowed it. `undecided`: it only reads, and the gate is away. */
export type Permission = "decided" | "undecided";

export interface GateCounts {
  allowed: number;
  denied: number;
  held: number;
  /** Calls on which nobody decided. */
  away: number;
}

export class Gate {
  readonly counts: GateCounts = { allowed: 0, denied: 0, held: 0, away: 0 };
  readonly #settings: GateSettings;
  readonly #client: GateClient;

  constructor(settings: GateSettings) {
    const { place, token } = settings;
    this.#settings = settings;
    this.#client = place.kind === "url" ? createHttpClient(place.url, token) : createSocketClient(place.path, token);
  }

  /** @throws TriplineDenied, TriplineHeld, TriplineGateAway */
  async permit(question: Question): Promise<Permission> {
    const { tool, callId, onlyReads } = question;
    const answer = await this.#answer(question);
    switch (answer.kind) {
      case "allow":
        this.counts.allowed += 1;
        return "decided";
      case "deny":
        this.counts.denied += 1;
        throw new TriplineDenied(tool, answer);
      case "hold":
        this.counts.held += 1;
        throw new TriplineHeld(tool, answer, answer.approval);
      case "away":
      case "unusable":
        this.counts.away += 1;
        if (answer.kind === "away" && onlyReads && this.#settings.readsWhenAway) return "undecided";
        throw new TriplineGateAway(tool, callId, answer.reason);
    }
  }

  close(): void {
    this.#client.close();
  }

  /** A held call is asked about again, with its approval, until its time is over. */
  async #answer({ body }: Question): Promise<GateAnswer> {
    const { timeoutMs, waitMs, askEveryMs } = this.#settings;
    const endMs = performance.now() + waitMs;
    let answer = await this.#client.ask(body, timeoutMs);
    let held = answer;
    while (held.kind === "hold" && performance.now() + askEveryMs < endMs) {
      await sleep(askEveryMs);
      answer = await this.#client.ask({ ...body, approvalId: held.approval.id }, timeoutMs);
      // A gate that restarts while a human thinks is no answer yet.
      if (answer.kind !== "away") held = answer;
    }
    return held;
  }
}
