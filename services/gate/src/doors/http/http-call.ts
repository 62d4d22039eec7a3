/** The call that a request makes, as every door hands calls over. */
import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import { fingerprint, sha256Hex } from "@tripline/canonical";
import { LIMITS as MODEL, type CredentialUse, type Request } from "@tripline/model";
import type { GateCall, Injected } from "../../call.ts";
import type { HeaderList } from "./message.ts";
import { headerOf } from "./message.ts";
import { readable, type Readable } from "./readable.ts";
import type { Scope } from "./sigv4.ts";
import { store } from "./stored.ts";

/** A request as it would be sent: nothing in it is the agent's token or a secret that the gate knows. */
export interface Outgoing {
  readonly method: string;
  readonly upstream: string;
  readonly url: URL;
  readonly headers: HeaderList;
  readonly body: Buffer | null;
  /** What it is signed for, where it is signed. */
  readonly scope: Scope | null;
}

export interface Around {
  readonly callId: string;
  readonly session: string | null;
  readonly task: string | null;
  readonly injected: Injected | null;
  readonly addresses: readonly string[] | null;
  /** Ranges that they lie in, where the upstream has such. */
  readonly within: readonly string[] | null;
  /** Credentials that the request itself showed. */
  readonly credentials: readonly CredentialUse[];
  /** Why the door refuses it, whatever it does. */
  readonly refused: NonNullable<GateCall["refused"]> | null;
}

export function httpCall(outgoing: Outgoing, around: Around): GateCall {
  const { method, url, headers, body, upstream, scope } = outgoing;
  const { callId, session, task, injected, addresses, within, credentials } = around;
  const read = readable(method, url, headers, body);
  let text: string | null = null;
  const stored = (): string => (text ??= store({ method, upstream, target: url.pathname + url.search, headers, body, scope }));
  const refused = around.refused ?? (read.kind === "refused" ? { by: "http.ambiguous", reason: read.reason } : null);
  return {
    callId, door: "http", session, task, tool: "http", operation: null, request: requestOf(outgoing, read), inputs: read.kind === "text" ? null : hidden(body),
    provenance: {}, resource: null, environment: null, credentials, injected,
    target: addresses === null ? null : { origin: url.origin, addresses, ...(within === null ? {} : { within }) }, resourceVersion: headerOf(headers, "if-match")?.slice(0, MODEL.textChars) ?? null, approvalId: null,
    describe: () => described(outgoing),
    ...(refused === null ? {} : { refused }),
    // Made where it is to wait for its approval: most calls never are.
    get payload() {
      return sha256Hex(stored());
    },
    get stored() {
      return stored();
    },
  };
}

/** Header fields steer what is done as well as a body does: copies, conditions, what goes with what is deleted. */
function described({ method, url, headers, body }: Outgoing): string {
  const fields = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1] ?? ""}`] : []));
  const text = body === null ? "" : isUtf8(body) ? body.toString("utf8") : `(${body.length} bytes that are no text, as Latin-1)\n${body.toString("latin1")}`;
  return [`${method} ${url.href}`, ...fields, "", text].join("\n").trimEnd();
}

/** A text as long as this counts as cut, so nobody takes the beginning of a body for all of it. */
function requestOf({ method, url, headers }: Outgoing, read: Readable): Request {
  const text = read.kind === "refused" ? null : (read.text?.slice(0, MODEL.captureChars) ?? null);
  const target = headerOf(headers, "x-amz-target");
  return { kind: "http", method, url: url.href, body: text, ...(target === undefined ? {} : { headers: { "x-amz-target": target.slice(0, MODEL.nameChars) } }) };
}

/** What could not be read counts as cut. */
function hidden(body: Buffer | null): GateCall["inputs"] {
  return { text: "", fullBytes: body?.length ?? 0, truncated: true, digest: sha256Hex(body ?? "") };
}

export function usesOf(foreign: readonly string[], tenantKey: Uint8Array): CredentialUse[] {
  return [...new Set(foreign)].slice(0, MODEL.credentialsPerAction).map((secret) => ({ fingerprint: fingerprint(tenantKey, sha256Hex(secret)), principal: null, leaseId: null }));
}

/** Why it is refused. */
export const noUpstream = ({ host }: URL) => ({ by: "egress.no-upstream", reason: `${host} is no upstream of the gate; nothing else is reached through it.` });

/** A host that is no upstream, as a call. */
export function hostCall(host: URL): GateCall {
  const outgoing: Outgoing = { method: "CONNECT", upstream: "", url: host, headers: [], body: null, scope: null };
  return httpCall(outgoing, { callId: randomUUID(), session: null, task: null, injected: null, addresses: null, within: null, credentials: [], refused: noUpstream(host) });
}
