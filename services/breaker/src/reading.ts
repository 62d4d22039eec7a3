/**
 * The breaker's subscriptions as one: facts, then evidence and orders. One that ends has skipped nothing, so all are started again
 * where they stopped, as often as it takes, and until then nobody is told that all is well.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Followed } from "@tripline/event-log";
import type { Health } from "@tripline/runtime";
import { LIMITS } from "./limits.ts";
import { type ReaderDeps, foldBreakers, followEvidence, followRegistry } from "./readers.ts";

/** `loadFacts`, then `start`; `health` says whether evidence is being judged. */
export class Reading {
  readonly #deps: ReaderDeps;
  #facts: Followed[] = [];
  #evidence: Followed[] = [];
  #health: Health = { ready: false, detail: "not started" };

  constructor(deps: ReaderDeps) {
    this.#deps = deps;
  }

  health(): Health {
    return this.#health;
  }

  /** Resolves when registry and breakers are as the log has them; nothing is judged yet. */
  async loadFacts(): Promise<void> {
    this.#facts = [...(await followRegistry(this.#deps)), ...(await foldBreakers(this.#deps))];
  }

  /** Starts judging; resolves when everything that was there has been judged. */
  async start(): Promise<void> {
    await this.#read();
    await Promise.all(this.#evidence.map((one) => one.caughtUp));
  }

  /** Resolves when no record is being handled any more. */
  async stop(): Promise<void> {
    await Promise.allSettled([...this.#facts, ...this.#evidence].map((one) => one.close()));
    this.#health = { ready: false, detail: "stopped" };
  }

  async #read(): Promise<void> {
    this.#evidence = await followEvidence(this.#deps);
    this.#health = { ready: true, detail: "reading" };
    for (const one of [...this.#facts, ...this.#evidence]) one.done.catch((error: unknown) => this.#readAgain(error)).catch(() => undefined);
  }

  async #readAgain(error: unknown): Promise<void> {
    const { logger, stopping } = this.#deps;
    // Subscriptions end together; the first one to say so starts them again.
    if (stopping.aborted || !this.#health.ready) return;
    this.#health = { ready: false, detail: error instanceof Error ? error.message : "a reader ended" };
    logger.fatal({ reason: this.#health.detail }, "the breaker stopped reading; starting again");
    while (!this.#health.ready) {
      await Promise.allSettled([...this.#facts, ...this.#evidence].map((one) => one.close()));
      await sleep(LIMITS.readAgainMs, undefined, { signal: stopping });
      try {
        // The registry first: what another breaker tripped is planned with it. Alone, nobody else has written meanwhile.
        this.#facts = await followRegistry(this.#deps);
        if (this.#deps.agreement !== null) this.#facts.push(...(await foldBreakers(this.#deps)));
        await this.#read();
      } catch (again) {
        logger.error({ reason: again instanceof Error ? again.message : "unknown" }, "the breaker cannot read yet; trying again");
      }
    }
  }
}
