/** Current breaker records by agent, and with them the deny list: in memory, so that denying needs no I/O. */
import { denied, initialRecord } from "@tripline/core";
import { type AgentKey, type BreakerRecord, agentKey } from "@tripline/model";

/** Answers with the initial record for agents that it does not know; what is set here denies at once, durable or not. */
export class BreakerStates {
  readonly #records = new Map<AgentKey, BreakerRecord>();
  readonly #chains = new Map<AgentKey, Promise<unknown>>();

  get(key: AgentKey): BreakerRecord {
    return this.#records.get(key) ?? initialRecord(key);
  }

  set(record: BreakerRecord): void {
    this.#records.set(agentKey(record.tenant, record.agent), record);
  }

  all(): IterableIterator<BreakerRecord> {
    return this.#records.values();
  }

  denied(key: AgentKey): boolean {
    return denied(this.get(key));
  }

  /** Runs work on one agent strictly after earlier work on the same agent, so that its records reach the log in order. */
  inOrder<T>(key: AgentKey, work: () => Promise<T>): Promise<T> {
    const before = this.#chains.get(key) ?? Promise.resolve();
    const run = before.then(work, work);
    const settled = run.then(
      () => undefined,
      () => undefined,
    );
    this.#chains.set(key, settled);
    void settled.then(() => {
      if (this.#chains.get(key) === settled) this.#chains.delete(key);
    });
    return run;
  }
}
