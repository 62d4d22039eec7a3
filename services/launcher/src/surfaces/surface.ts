/** What `doctor --surfaces` tries: nothing is said of a door but what it answered just now. */
import { request } from "node:http";
import { request as secureRequest } from "node:https";
import { failureReason } from "@tripline/runtime";
import type { LauncherConfig } from "../config.ts";

/** `refused`: it must not let this through. `answered`: it must. */
export type Expected = "refused" | "answered";

/** What a door said. `status`: of HTTP; `absent`: nobody listens, or there is no such path; `note` in words, never a secret. */
export type Answer =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "absent"; readonly note: string }
  | { readonly kind: "refused"; readonly note: string }
  | { readonly kind: "open"; readonly note: string };

export interface Attempt {
  /** In words: who tries what. */
  readonly tried: string;
  readonly expected: Expected;
  readonly run: () => Promise<Answer>;
}

export interface Surface {
  readonly name: string;
  /** Why there is nothing to try; null where there is. */
  readonly notConfigured: string | null;
  readonly attempts: readonly Attempt[];
}

/** Read, never made: whoever looks must leave no token behind. Null where there is none. */
export interface Held {
  readonly admin: string | null;
  readonly agent: { readonly id: string; readonly token: string } | null;
}

export interface Looking {
  readonly config: LauncherConfig;
  readonly held: Held;
  /** Of running control planes, as they published them. */
  readonly adminUrls: readonly string[];
}

export const TRY_MS = 3_000;
/** Of an answer that nobody reads. */
const ANSWER_BYTES = 65_536;

export interface Ask {
  readonly method?: string;
  readonly token?: string | null;
  readonly body?: string;
  /** Connects over this unix socket instead. */
  readonly socketPath?: string;
}

/** One request; redirects are not followed, certificates are verified. Never rejects. */
export function ask(address: string, { method = "GET", token = null, body, socketPath }: Ask = {}): Promise<Answer> {
  const url = new URL(address);
  const headers = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }) };
  return new Promise((resolve) => {
    const send = url.protocol === "https:" ? secureRequest : request;
    const sent = send(url, { method, headers, agent: false, signal: AbortSignal.timeout(TRY_MS), ...(socketPath === undefined ? {} : { socketPath }) });
    sent.once("response", (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => ((bytes += chunk.length) > ANSWER_BYTES ? response.destroy() : undefined));
      response.on("error", () => undefined);
      resolve({ kind: "status", status: response.statusCode ?? 0 });
    });
    sent.once("error", (error) => resolve({ kind: "absent", note: failureReason(error) }));
    sent.end(body);
  });
}

export type Verdict = "enforced" | "not enforced" | "not running" | "not configured";

export interface Tried {
  readonly tried: string;
  readonly expected: Expected;
  readonly got: string;
  readonly ok: boolean;
}

export interface Looked {
  readonly surface: string;
  readonly verdict: Verdict;
  readonly note: string | null;
  readonly tries: readonly Tried[];
}

/** One surface after the other, so that none is crowded out by the rest. */
export async function look(surfaces: readonly Surface[]): Promise<Looked[]> {
  const looked: Looked[] = [];
  for (const { name, notConfigured, attempts } of surfaces) {
    const answers: { attempt: Attempt; answer: Answer }[] = [];
    for (const attempt of notConfigured === null ? attempts : []) answers.push({ attempt, answer: await attempt.run() });
    const tries = answers.map(({ attempt: { tried, expected }, answer }) => ({ tried, expected, got: words(answer), ok: isAs(expected, answer) }));
    looked.push({ surface: name, verdict: notConfigured === null ? verdictOn(answers.map(({ answer }) => answer), tries) : "not configured", note: notConfigured, tries });
  }
  return looked;
}

function verdictOn(answers: readonly Answer[], tries: readonly Tried[]): Verdict {
  // None at all: no token was there to try it with.
  if (answers.every(({ kind }) => kind === "absent")) return "not running";
  return tries.every(({ ok }) => ok) ? "enforced" : "not enforced";
}

/** 401, 403, 407: refused for who asks. Any other answer let it further than it should have come; that nobody answers refuses nobody. */
const REFUSING: ReadonlySet<number> = new Set([401, 403, 407]);

function isAs(expected: Expected, answer: Answer): boolean {
  if (answer.kind === "status") return expected === "refused" ? REFUSING.has(answer.status) : answer.status >= 200 && answer.status < 300;
  return expected === "refused" ? answer.kind === "refused" : answer.kind === "open";
}

function words(answer: Answer): string {
  return answer.kind === "status" ? `HTTP ${answer.status}` : answer.note;
}
