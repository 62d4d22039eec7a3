/**
 * All that is learned of one agent and its population, in one place: trained on history, put away, and put back before each session
 * that is tested, so that tested sessions do not teach each other. A further store of what is learned is added here alone.
 */
import { BaselineTable, Population } from "@tripline/core";

export interface Snapshot {
  readonly baseline: Uint8Array;
  readonly population: Uint8Array;
}

export class AgentState {
  readonly table = new BaselineTable(1);
  readonly population = new Population();
  readonly slot: number;

  constructor() {
    const slot = this.table.allocate();
    if (slot === null) throw new RangeError("a table of one agent has no room for it");
    this.slot = slot;
  }

  take(): Snapshot {
    return { baseline: this.table.serialize(this.slot), population: this.population.serialize() };
  }

  put({ baseline, population }: Snapshot): void {
    const outcomes = [this.table.restore(this.slot, baseline), this.population.restore(population)];
    if (outcomes.includes("unusable")) throw new Error("core does not read back what it wrote of an agent");
  }
}
