/** What is kept, sealed, of a held call: what it is bound to, what executes it, and what an approver is shown. Erased when it is over. */
import { canonicalJson, redact, sha256Hex } from "@tripline/canonical";
import { type BoundAction, placesOf, type Registry, type Verdict } from "@tripline/core";
import type { Request } from "@tripline/model";
import type { Store } from "@tripline/store";
import type { GateDeps } from "../deps.ts";
import type { Touched } from "../guard/backup-state.ts";
import { touchedBy } from "../guard/touched.ts";
import type { HeldCall } from "../holds.ts";
import type { KnownSecret } from "../record.ts";

/** What a human sees of the call. Every text may be the agent's: whoever shows it escapes it. No secret is in it. */
export interface Details {
  readonly tool: string;
  readonly session: string | null;
  readonly task: string | null;
  readonly operations: readonly { readonly operation: string; readonly reason: string; readonly extent: string; readonly count: number | null; readonly places: readonly string[] }[];
  readonly saferAlternative: string | null;
  readonly arguments: string;
  readonly request: string;
  /** What is not among the above though it would be executed, each as a sentence. */
  readonly leftOut: readonly string[];
}

export interface Kept {
  readonly bound: BoundAction;
  readonly leaseId: string | null;
  /** As the door gave it; null where the runtime executes. */
  readonly stored: string | null;
  readonly details: Details;
  /** What it would destroy, for whoever looks for backups of it. */
  readonly touched: Touched;
}

/** The upstream's answer, for the agent. */
export interface KeptAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
  readonly truncated: boolean;
}

/** Of a longer text its beginning and its end are shown: what matters may stand in either. */
const HEAD_CHARS = 24_576;
const TAIL_CHARS = 8_192;
const OPERATIONS = 64;
const PLACES = 64;

export function keptOf(held: HeldCall, registry: Registry, isKnown: KnownSecret): Kept {
  const { caller, call, observed, bound, decision } = held;
  const { verdicts } = observed.classification;
  const leftOut: string[] = [];
  const hide = (text: string): string => redact(text, { known: isKnown }).text;
  const clean = (text: string, name: string): string => {
    const rest = text.length - HEAD_CHARS - TAIL_CHARS;
    if (rest <= 0) return hide(text);
    leftOut.push(`${rest} of the ${text.length} characters of ${name}, from its middle.`);
    // Cut after it was redacted: the half of a secret is not seen for one.
    return `${hide(text.slice(0, HEAD_CHARS * 2)).slice(0, HEAD_CHARS)}\n[${rest} characters are not shown here]\n${hide(text.slice(-TAIL_CHARS * 2)).slice(-TAIL_CHARS)}`;
  };
  const operation = (verdict: Verdict) => {
    const places = placesOf(verdict, observed, registry);
    if (places.length > PLACES) leftOut.push(`${places.length - PLACES} of the places that ${verdict.operation} touches.`);
    return {
      operation: verdict.operation, reason: clean(verdict.reason, "a reason"), extent: verdict.blast?.extent ?? "unknown", count: verdict.blast?.count ?? null,
      places: places.slice(0, PLACES).map(({ kind, id, environment }) => clean(`${kind} ${id} (${environment})`, "a place")),
    };
  };
  const operations = verdicts.slice(0, OPERATIONS).map(operation);
  if (verdicts.length > OPERATIONS) leftOut.push(`${verdicts.length - OPERATIONS} of the operations that the call is made of.`);
  // Where the call is described as it is sent, nothing of it is missing there; else what was cut of it is nowhere.
  if (call.describe === undefined && call.inputs?.truncated === true) leftOut.push("A part of the arguments: what the gate was told of them was cut off.");
  const request = call.describe?.() ?? (call.request === null ? "" : requestText(call.request));
  return {
    bound, leaseId: caller.leaseId, stored: call.stored, touched: touchedBy(held, registry),
    details: {
      tool: call.tool, session: call.session, task: call.task, operations, saferAlternative: decision.verdict?.saferAlternative ?? null,
      arguments: clean(call.inputs?.text ?? "", "the arguments"), request: clean(request, "the request"), leftOut,
    },
  };
}

function requestText(request: Request): string {
  switch (request.kind) {
    case "shell":
      return request.command;
    case "sql":
      return request.text;
    case "http":
      return `${request.method} ${request.url}\n${request.body ?? ""}`;
    case "graphql":
      return [request.url, request.operationName === null ? null : `operationName: ${request.operationName}`, request.document, request.variables].filter((part) => part !== null).join("\n");
  }
}

/** As it is kept. */
export interface Written {
  readonly text: string;
  readonly hash: string;
  readonly bytes: number;
}

export function writeKept(kept: Kept): Written {
  const written = canonicalJson(kept);
  const text = written.ok ? written.text : JSON.stringify(kept);
  return { text, hash: sha256Hex(text), bytes: Buffer.byteLength(text) };
}

/** Reads and writes what is kept; the hash in the approval's row says whether it is still the same. */
export class KeptCalls {
  readonly #store: Store;
  readonly #sealing: GateDeps["sealing"];

  constructor({ store, sealing }: Pick<GateDeps, "store" | "sealing">) {
    this.#store = store;
    this.#sealing = sealing;
  }

  /** Durable when it resolves. */
  async put(id: string, { text, hash }: Written): Promise<void> {
    await this.#store.putSealed(callName(id, hash), this.#sealing.seal(callName(id, hash), text));
  }

  /** Null where it is gone, or is not what was kept. */
  async get(id: string, hash: string): Promise<Kept | null> {
    const text = await this.#open(callName(id, hash));
    return text === null || sha256Hex(text) !== hash ? null : (JSON.parse(text) as Kept);
  }

  async putAnswer(id: string, answer: KeptAnswer): Promise<void> {
    await this.#store.putSealed(answerName(id), this.#sealing.seal(answerName(id), JSON.stringify(answer)));
  }

  async answer(id: string): Promise<KeptAnswer | null> {
    const text = await this.#open(answerName(id));
    return text === null ? null : (JSON.parse(text) as KeptAnswer);
  }

  async erase(id: string, hash: string): Promise<void> {
    await Promise.all([this.#store.putSealed(callName(id, hash), null), this.#store.putSealed(answerName(id), null)]);
  }

  eraseCall(id: string, hash: string): Promise<void> {
    return this.#store.putSealed(callName(id, hash), null);
  }

  async #open(name: string): Promise<string | null> {
    const sealed = await this.#store.getSealed(name);
    if (sealed === null) return null;
    try {
      return this.#sealing.open(name, sealed);
    } catch {
      // Altered, or sealed under a key that is gone: it is not what was approved.
      return null;
    }
  }
}

const callName = (id: string, hash: string): string => `approval:${id}:${hash.slice(0, 16)}`;
const answerName = (id: string): string => `approval-answer:${id}`;
