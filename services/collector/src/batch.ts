/** What travels through the pipeline: one export request. Each step fills its own part. */
import type { AppendRecord } from "@tripline/event-log";
import type { Action, ErrorCode, StorableAction } from "@tripline/model";
import type { Step } from "@tripline/runtime";
import type { ActionDraft, ItemView, Signal } from "@tripline/semconv";
import type { HeldBody } from "./body.ts";
import type { CleanNames } from "./clean-names.ts";
import type { Counters } from "./counters.ts";
import type { Fingerprints } from "./fingerprints.ts";
import type { CollectorDeps } from "./collector.ts";
import type { CollectorLimits } from "./limits.ts";
import type { Slabs, SlabWriter } from "./slabs.ts";
import type { TokenBinding } from "./tokens.ts";

export type Encoding = "protobuf" | "json";

/** Who an action is from, as the channel says. */
export interface Identity {
  readonly agent: string;
  readonly assurance: Action["assurance"];
  readonly claimedAgent: string | null;
}

export interface DraftedAction {
  readonly draft: ActionDraft;
  readonly item: ItemView;
}

/** An item that can never be stored as an action. `reason` is from a closed set. */
export interface Rejected {
  readonly item: ItemView;
  readonly code: ErrorCode;
  readonly reason: string;
}

export interface Batch {
  readonly signal: Signal;
  readonly encoding: Encoding;
  readonly caller: TokenBinding;
  /** Empty once the actions are encoded. */
  readonly body: HeldBody;
  readonly items: readonly ItemView[];
  readonly drafted: readonly DraftedAction[];
  /** Of each drafted action, by index. */
  readonly identities: readonly Identity[];
  readonly actions: readonly StorableAction[];
  /** Of the actions, which are gone then, in `memory`. */
  readonly records: readonly AppendRecord[];
  readonly memory: SlabWriter | null;
  readonly rejected: readonly Rejected[];
}

export interface StepDeps extends Pick<CollectorDeps, "eventLog" | "knownSecret" | "clock"> {
  readonly limits: CollectorLimits;
  readonly counters: Counters;
  readonly fingerprints: Fingerprints;
  readonly names: CleanNames;
  readonly slabs: Slabs;
}

export type Pipeline = readonly Step<Batch, StepDeps>[];
