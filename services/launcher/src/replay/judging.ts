/** What was recorded through one replay or several side by side: each action is classified once, however many judge it. */
import { type Classification, Replayer, type ReplayOptions, ReplayTally, SessionFiles } from "@tripline/core";
import { agentKey } from "@tripline/model";
import type { RecordedAction, Stated } from "./recorded.ts";

const UNPARTITIONED = -1;

/** Give it the actions in order of receipt; what was stated by then is applied before each. */
export class Judging {
  readonly tallies: readonly ReplayTally[];
  readonly #replayers: readonly Replayer[];
  readonly #stated: readonly Stated[];
  /** As the detector keeps them: of each partition apart. */
  readonly #files = new Map<number, SessionFiles>();
  #applied = 0;

  constructor(options: readonly ReplayOptions[], stated: readonly Stated[]) {
    this.#replayers = options.map((one) => new Replayer(one));
    this.tallies = options.map(() => new ReplayTally());
    this.#stated = stated;
  }

  judge({ action, receiveMs, partition }: RecordedAction): void {
    while (this.#applied < this.#stated.length && this.#stated[this.#applied]!.receiveMs <= receiveMs) this.#applyNext();
    let classified: Classification | undefined;
    if (action.assurance !== "claimed") classified = this.#filesOf(partition ?? UNPARTITIONED).classify(agentKey(action.tenant, action.agent.id), action.session ?? "", action);
    for (let at = 0; at < this.tallies.length; at += 1) this.tallies[at]!.note(this.#replayers[at]!.judge(action, receiveMs, partition, classified), receiveMs);
  }

  /** What was stated after the last action. */
  end(): void {
    while (this.#applied < this.#stated.length) this.#applyNext();
  }

  #applyNext(): void {
    const one = this.#stated[this.#applied]!;
    this.#applied += 1;
    for (let at = 0; at < this.tallies.length; at += 1) {
      if (one.kind === "fact") this.#replayers[at]!.learn(one);
      else if (one.kind === "order") {
        this.#replayers[at]!.order(one.command, one.receiveMs);
        this.tallies[at]!.reset(one.command, one.receiveMs);
      }
    }
  }

  #filesOf(partition: number): SessionFiles {
    let files = this.#files.get(partition);
    if (files === undefined) {
      files = new SessionFiles();
      this.#files.set(partition, files);
    }
    return files;
  }
}
