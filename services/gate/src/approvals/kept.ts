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

const TEXT_CHARS = 8_192;
const OPERATIONS = 32;
const PLACES = 32;

export function keptOf(held: HeldCall, registry: Registry, isKnown: KnownSecret): Kept {
  const { caller, call, observed, bound, decision } = held;
  const clean = (text: string): string => redact(text.slice(0, TEXT_CHARS * 2), { known: isKnown }).text.slice(0, TEXT_CHARS);
  const operation = (verdict: Verdict) => ({
    operation: verdict.operation, reason: clean(verdict.reason), extent: verdict.blast?.extent ?? "unknown", count: verdict.blast?.count ?? null,
    places: placesOf(verdict, observed, registry).slice(0, PLACES).map(({ kind, id, environment }) => clean(`${kind} ${id} (${environment})`)),
  });
  return {
    bound, leaseId: caller.leaseId, stored: call.stored, touched: touchedBy(held, registry),
    details: {
      tool: call.tool, session: call.session, task: call.task, operations: observed.classification.verdicts.slice(0, OPERATIONS).map(operation),
      saferAlternative: decision.verdict?.saferAlternative ?? null, arguments: clean(call.inputs?.text ?? ""), request: call.request === null ? "" : clean(requestText(call.request)),
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
      return `${request.url ?? ""}\n${request.document}\n${request.variables ?? ""}`;
  }
}

/** Reads and writes what is kept; the hash in the approval's row says whether it is still the same. */
export class KeptCalls {
  readonly #store: Store;
  readonly #sealing: GateDeps["sealing"];

  constructor({ store, sealing }: Pick<GateDeps, "store" | "sealing">) {
    this.#store = store;
    this.#sealing = sealing;
  }

  /** Durable when it resolves; answers the hash. */
  async put(id: string, kept: Kept): Promise<string> {
    const written = canonicalJson(kept);
    const text = written.ok ? written.text : JSON.stringify(kept);
    const hash = sha256Hex(text);
    await this.#store.putSealed(callName(id, hash), this.#sealing.seal(callName(id, hash), text));
    return hash;
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
