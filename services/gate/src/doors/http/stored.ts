/** What the gate keeps of a call to execute it later: all of it but the secret, in one text whose digest is what an approval is bound to. */
import type { HeaderList } from "./message.ts";
import type { Scope } from "./sigv4.ts";

export interface StoredRequest {
  readonly method: string;
  readonly upstream: string;
  /** Path and query as they are sent. */
  readonly target: string;
  readonly headers: HeaderList;
  readonly body: Buffer | null;
  /** What it is signed for, where it is signed. */
  readonly scope: Scope | null;
}

export function store({ method, upstream, target, headers, body, scope }: StoredRequest): string {
  return JSON.stringify({ v: 1, method, upstream, target, headers, body: body?.toString("base64") ?? null, scope });
}

/** Null for a text that `store` did not make. */
export function restore(text: string): StoredRequest | null {
  try {
    const { v, method, upstream, target, headers, body, scope } = JSON.parse(text) as Record<string, unknown>;
    const isWhole = v === 1 && typeof method === "string" && typeof upstream === "string" && typeof target === "string" && target.startsWith("/") && isHeaderList(headers) && (body === null || typeof body === "string") && isScope(scope);
    return isWhole ? { method, upstream, target, headers, body: typeof body === "string" ? Buffer.from(body, "base64") : null, scope } : null;
  } catch {
    return null;
  }
}

const isScope = (value: unknown): value is Scope | null => value === null || (typeof value === "object" && typeof (value as Scope).region === "string" && typeof (value as Scope).service === "string");
const isHeaderList = (value: unknown): value is HeaderList => Array.isArray(value) && value.length % 2 === 0 && value.every((one) => typeof one === "string");
