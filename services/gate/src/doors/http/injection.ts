/** Puts the real credential into a request that was allowed. */
import { TriplineError } from "@tripline/model";
import type { Injection } from "../../deps.ts";
import type { HeaderList } from "./message.ts";
import { awsKeyOf, type Scope, scopeOf, signed, withoutSignature } from "./sigv4.ts";

export interface Injecting {
  readonly method: string;
  readonly url: URL;
  readonly headers: HeaderList;
  readonly body: Buffer | null;
  readonly scope: Scope | null;
}

/** What the gate sets itself is taken out of what the agent sent, and what it needs to know of it is kept. `shown`: as the agent sent it. */
export function prepare(inject: Injection, kept: HeaderList, shown: HeaderList, url: URL): { readonly headers: HeaderList; readonly scope: Scope | null } {
  const plain = without(kept, "content-encoding");
  if (inject.kind === "header") return { headers: without(plain, inject.header.toLowerCase()), scope: null };
  if (!isDecodable(url.pathname + url.search)) throw new TriplineError("TL_GATE_INVALID", "The address encodes what is no text, and AWS signs text.");
  return { headers: withoutSignature(plain), scope: scopeOf(shown, url, inject) };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Never passed on as the upstream compresses it: nobody could find the secret in it. */
const PLAIN_ANSWER = ["accept-encoding", "identity"];

/** @throws TL_GATE_UPSTREAM where the secret is none that this injection can use */
export function withSecret({ method, url, headers, body, scope }: Injecting, inject: Injection, secret: string | null, nowMs: number): string[] {
  if (secret === null) return [...headers, ...PLAIN_ANSWER];
  if (inject.kind === "header") return [...headers, ...PLAIN_ANSWER, inject.header, inject.format.replaceAll("{secret}", () => secret)];
  const key = awsKeyOf(secret);
  if (key === null || scope === null) throw new TriplineError("TL_GATE_UPSTREAM", "The configured secret is no AWS key. Nothing was sent.");
  return [...signed({ method, url, headers, body, scope, key, nowMs }), ...PLAIN_ANSWER];
}

/** What must not come back: of an AWS key the parts that are secret. */
export function secretsIn(inject: Injection, secret: string | null): string | null {
  return secret === null || inject.kind === "header" ? secret : (awsKeyOf(secret)?.sessionToken ?? null);
}

function without(headers: HeaderList, name: string): HeaderList {
  return headers.filter((_, at) => headers[at - (at % 2)]!.toLowerCase() !== name);
}
