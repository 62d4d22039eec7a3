/** What a telemetry dialect is, and what it makes of an item. Everything here is as the sender wrote it: nothing is redacted yet. */
import type { Action, Phase, Provenance, Request, ResourceRef } from "@tripline/model";
import type { ItemView, Signal, TextRange } from "./otlp/item.ts";

export type Outcome = NonNullable<Action["outcome"]>;

/** A captured value with what the sender already said about the full one. */
export interface DraftValue {
  readonly text: string;
  /** Size of the full value; null where `text` is the full value. */
  readonly fullBytes: number | null;
  /** Digest of the full redacted value, where the sender cut it. */
  readonly digest: string | null;
  readonly truncated: boolean;
  /** Where the text lies in the request, if it does: then `text` is made when it is asked for, and better not asked for. */
  readonly range?: TextRange;
}

/** An action before identity and redaction: who sent it is decided by the channel, never by these fields. */
export interface ActionDraft {
  /** Null for that of the span: `spanActionId` of the model. Most are, and are never made as a text then. */
  readonly id: string | null;
  /** Null for that of the span: `spanCallId`. */
  readonly callId: string | null;
  readonly phase: Phase;
  readonly eventMs: number;
  readonly tool: string;
  readonly operation: string | null;
  readonly agent: { readonly name: string | null; readonly version: string | null; readonly role: string | null; readonly runtime: string | null };
  readonly session: string | null;
  readonly parentSession: string | null;
  readonly task: string | null;
  readonly request: Request | null;
  readonly inputs: DraftValue | null;
  readonly outputs: DraftValue | null;
  readonly provenance: ReadonlyMap<string, Provenance>;
  readonly resource: ResourceRef | null;
  readonly credentials: { readonly sha256: readonly string[]; readonly principals: readonly string[]; readonly leaseId: string | null };
  readonly environment: string | null;
  /** Absent: not told. */
  readonly workingDirectory?: string;
  readonly outcome: Outcome | null;
  readonly reasoning: string | null;
  readonly source: {
    readonly dialect: string;
    readonly signal: Signal;
    readonly traceId: string | null;
    readonly spanId: string | null;
    readonly parentSpanId: string | null;
  };
}

/** Expected, counted, and not kept: the item describes no action. A closed set, since it is a metric's label. */
export type DropReason = "no-dialect" | "model-call" | "agent-step" | "merged-tools" | "effect-outside-tool";

/** The item claims to be an action but cannot be used; it becomes a dead letter. A closed set as well. */
export type InvalidReason = "bad-trace-id" | "bad-span-id" | "too-many-attributes" | "no-tool-name" | "no-call-id" | "bad-phase";

export type Mapped =
  | { readonly kind: "actions"; readonly drafts: readonly ActionDraft[] }
  | { readonly kind: "drop"; readonly reason: DropReason }
  | { readonly kind: "invalid"; readonly reason: InvalidReason };

/** The other items of the same request. Ancestors that came in another request are not there. */
export interface TraceContext {
  parentOf(item: ItemView): ItemView | null;
}

export interface Dialect {
  readonly name: string;
  /** Every attribute that `matches` and `map` ask for, of items and resources; nothing else is ever read. */
  readonly attributes: readonly string[];
  matches(item: ItemView): boolean;
  map(item: ItemView, context: TraceContext): Mapped;
}
