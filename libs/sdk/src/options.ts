/** What a runtime configures, and what a tool can say about a call. Types here are structural, so that the package ships alone. */

import type { GateCounts } from "./gate/gate.ts";
import type { GateOptions } from "./gate/gate-options.ts";

/** What a call will really run; the model's `Request` union. */
export type ToolRequest =
  | { kind: "shell"; command: string }
  | { kind: "sql"; system: string; text: string }
  | { kind: "http"; method: string; url: string; body: string | null }
  | { kind: "graphql"; url: string | null; document: string; operationName: string | null; variables: string | null };

/** What a tool's author knows about one call. Everything is optional; texts are redacted, secrets hashed in this process. */
export interface CallDescription {
  request?: ToolRequest;
  resource?: { kind: string; id: string; environment?: string };
  /** Secrets that the call uses. Sent as SHA-256 if of at least 128 bits, else not at all: name a `principal` then. */
  credentials?: readonly string[];
  /** User or role that stands for a password. */
  principal?: string;
  leaseId?: string;
  /** The runtime's own id of this call, when it has one. */
  callId?: string;
  /** Why the agent makes this call, in its own words. */
  reasoning?: string;
}

/** What a tool does to the world, at its worst. */
export type ToolEffect = "read" | "write" | "create" | "delete" | "admin" | "execute" | "publish";

export interface ToolOptions<Args extends readonly unknown[]> {
  /** What of the arguments the model chose; all of them by default. Runtimes pass more: signals, messages, contexts. */
  input?: (...args: Args) => unknown;
  /** Declared by the tool's author. A tool that only reads may run while the gate is away; any other, or none declared, never does. */
  effect?: ToolEffect;
  /** Called before the tool with its arguments. What it throws is counted and ignored. */
  describe?: (...args: Args) => CallDescription | undefined;
}

export interface SessionOptions {
  id: string;
  /** Session that started this one. */
  parent?: string;
  task?: string;
}

export type DropReason = "queue-full" | "rejected" | "partial-success" | "retries-exhausted" | "shut-down" | "internal-error";

/** Told to the runtime's log; never contains a value of a call. */
export interface Diagnostic {
  kind: "dropped" | "retrying" | "describe-failed" | "internal-error";
  reason: string;
}

export interface TriplineOptions {
  /** Base URL of the collector, `http:` or `https:`; records go to `{endpoint}/v1/logs`. */
  endpoint: string;
  ingestToken: string;
  agent: { name: string; version?: string; role?: string; runtime?: string };
  /** Environment that the agent runs in: `staging`, `production`, … */
  environment?: string;
  session?: string;
  task?: string;
  onDiagnostic?: (diagnostic: Diagnostic) => void;
  /** Used instead of the built-in client, for runtimes that need their own. It loses the built-in one's head start. */
  fetch?: (url: string, init: { method: string; headers: Record<string, string>; body: string; signal: AbortSignal }) => Promise<Response>;
}

/** Asks this gate before each wrapped tool runs. Wrapped tools answer a promise then. */
export interface GatedTriplineOptions extends TriplineOptions {
  gate: GateOptions;
}

export interface Stats {
  /** Answers of the gate; all 0 without one. */
  gate: GateCounts;
  attempts: number;
  results: number;
  /** Records acknowledged by the collector. */
  sent: number;
  /** Requests repeated. */
  retries: number;
  queued: number;
  inFlight: number;
  dropped: Record<DropReason, number>;
  /** Errors of this package or of `describe`, none of which reached the agent. */
  internalErrors: number;
  /** Last status or error code of the collector, for people; null when all went well. */
  lastFailure: string | null;
}

/** Longest identifying text on the wire, in characters; equals the model's limit. */
export const MAX_ID_CHARS = 256;

/** Checks what would make every report fail. Throws TypeError naming the option, never its value. */
export function checkOptions(options: TriplineOptions): URL {
  let url: URL;
  try {
    url = new URL(options.endpoint);
  } catch {
    throw new TypeError("tripline: `endpoint` is not a URL");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new TypeError("tripline: `endpoint` must be http: or https:");
  if (typeof options.ingestToken !== "string" || !/^[\x21-\x7e]+$/.test(options.ingestToken)) {
    throw new TypeError("tripline: `ingestToken` is empty or has characters that a header cannot carry");
  }
  if (typeof options.agent?.name !== "string" || options.agent.name === "") throw new TypeError("tripline: `agent.name` is missing");
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/logs`;
  return url;
}
