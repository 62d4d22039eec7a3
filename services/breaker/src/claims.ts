/**
 * Whose a trip's containment is. The summary row of its work names its owner: the instance that recorded the intent first. Another
 * takes over when the owner is dead, by the row's revision, so that of several one succeeds.
 */
import type { Store, WorkItem } from "@tripline/store";
import type { Peers } from "./peers.ts";
import { payloadOf } from "./work.ts";

export class Claims {
  readonly #store: Store;
  readonly #peers: Peers;
  readonly instance: string;

  constructor(deps: { readonly store: Store; readonly peers: Peers; readonly instance: string }) {
    this.#store = deps.store;
    this.#peers = deps.peers;
    this.instance = deps.instance;
  }

  /** Owner of a trip by its rows; null without a summary among them. Rows of an earlier release name none: they are this instance's. */
  ownerOf(rows: readonly WorkItem[]): string | null {
    for (const row of rows) {
      const payload = payloadOf(row);
      if (payload.kind === "summary") return payload.owner ?? this.instance;
    }
    return null;
  }

  isAlive(owner: string): boolean {
    return owner === this.instance || this.#peers.isAlive(owner);
  }

  /** The rows of a trip if it is this instance's, or becomes it; null while its owner lives. */
  async claim(rows: readonly WorkItem[]): Promise<readonly WorkItem[] | null> {
    const owner = this.ownerOf(rows);
    if (owner === null || (owner !== this.instance && this.isAlive(owner))) return null;
    if (owner === this.instance) return rows;
    const claimed: WorkItem[] = [];
    for (const row of rows) {
      const payload = payloadOf(row);
      const updated = payload.kind === "summary" ? await this.#store.updateWork({ ...row, payload: JSON.stringify({ ...payload, owner: this.instance }) }) : row;
      if (updated === null) return null;
      claimed.push(updated);
    }
    return claimed;
  }

  /** True if nobody else has taken the trip over: certain while the others see this instance's beat, else looked up. */
  async isStillMine(tripId: string): Promise<boolean> {
    if (this.#peers.isFresh()) return true;
    await this.#peers.refresh();
    return this.ownerOf(await this.#store.workOfGroup("revocation", tripId)) === this.instance;
  }
}
