/** What a protocol of behaviour is: sessions are replayed through the shipped code, and figures follow. */
import type { DataFile } from "../data/data-set.ts";
import type { Figure } from "./figure.ts";
import type { Miss } from "./misses.ts";
import type { Reading, ReadOptions } from "./reading.ts";
import type { RoleMeasured } from "./injection-figures.ts";

export interface BehaviourOptions extends ReadOptions {
  /** Directory that what was missed is written to; null: it is only counted. */
  readonly dump: string | null;
}

export interface BehaviourResult {
  readonly name: string;
  readonly what: string;
  readonly figures: readonly Figure[];
  readonly calls: number;
  readonly reading: Reading;
  /** What kept figures from being perfect. */
  readonly misses: readonly Miss[];
  /** What the report draws. */
  readonly roles: readonly RoleMeasured[];
}

export interface BehaviourProtocol {
  readonly name: string;
  readonly what: string;
  /** Null where the files hold nothing for it. @throws {DataError} */
  run(files: readonly DataFile[], options: BehaviourOptions): Promise<BehaviourResult | null>;
}
