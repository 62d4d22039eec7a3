/** Executes approved calls: the bytes that were kept, never anything that the agent says again. */
import type { Caller, GateCall } from "./call.ts";

export type Recalled =
  /** The kept call, as it would be decided now: its target's addresses and its credential are today's. */
  | { readonly kind: "recalled"; readonly call: GateCall }
  | { readonly kind: "gone"; readonly reason: string };

export type Executed =
  /** The upstream's whole answer, bounded. */
  | { readonly kind: "answered"; readonly status: number; readonly contentType: string | null; readonly body: string; readonly truncated: boolean }
  /** Nothing of it reached the upstream. */
  | { readonly kind: "not-sent"; readonly reason: string }
  /** It may have been carried out. Never sent again. */
  | { readonly kind: "unclear"; readonly reason: string };

export interface Executor {
  /** `stored`: what the door gave as `GateCall.stored`. */
  recall(caller: Caller, callId: string, stored: string): Promise<Recalled>;
  /** Sends exactly what `recall` answered, to the addresses in it, once. Never throws. */
  execute(call: GateCall, signal: AbortSignal): Promise<Executed>;
}
