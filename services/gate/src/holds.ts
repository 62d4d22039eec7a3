/** What happens to a held call until a human has answered. */
import type { BoundAction, Hold, Observed } from "@tripline/core";
import type { Caller, GateCall } from "./call.ts";
import type { HeldAs } from "./answer.ts";

export interface HeldCall {
  readonly caller: Caller;
  readonly call: GateCall;
  readonly observed: Observed;
  readonly decision: Hold;
  readonly bound: BoundAction;
  readonly digest: string;
}

export type Claim =
  /** This caller, and nobody else, may now execute it. */
  | { readonly kind: "claimed"; readonly approvalId: string }
  /** It is this call's, and not given yet, or its undo window is not over: ask again. */
  | { readonly kind: "waiting"; readonly held: HeldAs }
  | { readonly kind: "refused"; readonly reason: string };

export type Opened =
  | { readonly kind: "held"; readonly held: HeldAs }
  /** There is no room for it: nobody will be asked. */
  | { readonly kind: "refused"; readonly reason: string };

export interface Holds {
  /** Durable before it resolves. The same digest waiting already: the same approval. */
  open(held: HeldCall): Promise<Opened>;
  /** For calls that the runtime executes: uses up an approval that was given, if digest and time still fit. */
  claim(approvalId: string, held: HeldCall): Promise<Claim>;
}
