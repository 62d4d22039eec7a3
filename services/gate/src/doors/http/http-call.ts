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
  return new RequestCall(outgoing, around, readable(outgoing.method, outgoing.url, outgoing.headers, outgoing.body));
}

const NO_PROVENANCE: GateCall["provenance"] = {};

/** A class, since accessors of a literal are made anew with each call. */
class RequestCall implements GateCall {
  readonly callId: string;
  readonly door = "http";
  readonly session: string | null;
  readonly task: string | null;
  readonly tool = "http";
  readonly operation = null;
  readonly request: Request;
  readonly inputs: GateCall["inputs"];
  readonly provenance = NO_PROVENANCE;
  readonly resource = null;
  readonly environment = null;
  readonly credentials: readonly CredentialUse[];
  readonly injected: Injected | null;
  readonly target: GateCall["target"];
  readonly resourceVersion: string | null;
  readonly approvalId = null;
  readonly refused?: NonNullable<GateCall["refused"]>;
  readonly #outgoing: Outgoing;
  #stored: string | null = null;

  constructor(outgoing: Outgoing, { callId, session, task, injected, addresses, within, credentials, refused }: Around, read: Readable) {
    this.callId = callId;
    this.session = session;
    this.task = task;
    this.request = requestOf(outgoing, read);
    this.inputs = read.kind === "text" ? null : hidden(outgoing.body);
    this.credentials = credentials;
    this.injected = injected;
    this.target = addresses === null ? null : { origin: outgoing.url.origin, addresses, ...(within === null ? {} : { within }) };
    this.resourceVersion = headerOf(outgoing.headers, "if-match")?.slice(0, MODEL.textChars) ?? null;
    const why = refused ?? (read.kind === "refused" ? { by: "http.ambiguous", reason: read.reason } : null);
    if (why !== null) this.refused = why;
    this.#outgoing = outgoing;
  }

  describe(): string {
    return described(this.#outgoing);
  }

  /** Made where it is to wait for its approval: most calls never are. */
  get stored(): string {
    const { method, upstream, url, headers, body, scope } = this.#outgoing;
    return (this.#stored ??= store({ method, upstream, target: url.pathname + url.search, headers, body, scope }));
  }

  get payload(): string {
    return sha256Hex(this.stored);
  }
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
