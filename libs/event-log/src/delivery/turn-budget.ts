/**
 * How long deliveries may run before everyone else on the event loop gets a turn. Without it a backlog in memory would be handed
 * over in one go, since a handler that never waits for I/O never gives the loop back.
 */
export const TURN_MS = 5;

export class TurnBudget {
  #turnStartMs: number | null = null;

  /** Null while the turn has time left, else a promise of a later turn; ask again then. */
  pause(): Promise<void> | null {
    if (this.#turnStartMs === null) {
      this.#turnStartMs = performance.now();
      setImmediate(() => {
        this.#turnStartMs = null;
      });
      return null;
    }
    if (performance.now() - this.#turnStartMs < TURN_MS) return null;
    return new Promise((resolve) => setImmediate(resolve));
  }
}
