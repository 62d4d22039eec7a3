/**
 * Registered credentials that a call shows anywhere in what it would run: somebody else's, and decoys. What nobody registered is not judged
 * here, for a random value in a call must not be taken for a credential by which it is refused for good.
 */
import { fingerprint, redact } from "@tripline/canonical";
import type { Registry } from "@tripline/core";
import { type CredentialUse, LIMITS as MODEL, type Request } from "@tripline/model";
import type { GateCall } from "./call.ts";
import type { GateDeps } from "./deps.ts";
import type { KnownSecret } from "./record.ts";

/** A promise where the call is so long that others must have their turn in between. */
export type ShownCredentials = (tenant: string, call: GateCall) => readonly CredentialUse[] | Promise<readonly CredentialUse[]>;

export function createShownCredentials({ tenantKey }: Pick<GateDeps, "tenantKey">, registry: Registry, isKnownSecret: (tenant: string) => KnownSecret): ShownCredentials {
  /** Long calls are looked through one after the other, so that many of them hold up nobody else. */
  let long: Promise<unknown> = Promise.resolve();
  return (tenant, call) => {
    const shown = new Set(call.credentials.map(({ fingerprint: mark, principal }) => mark ?? `principal:${principal}`));
    const found: CredentialUse[] = [];
    const add = (mark: string, use: CredentialUse): void => {
      if (shown.has(mark) || registry.credentialByMark(tenant, mark) === null) return;
      shown.add(mark);
      found.push(use);
    };
    const look = (text: string): void => {
      const { secrets, principals } = redact(text, { known: isKnownSecret(tenant), maxCandidates: CANDIDATES });
      for (const { sha256 } of secrets) {
        const mark = fingerprint(tenantKey(tenant), sha256);
        add(mark, { fingerprint: mark, principal: null, leaseId: null });
      }
      for (const principal of principals) if (principal.length <= MODEL.idChars) add(`principal:${principal}`, { fingerprint: null, principal, leaseId: null });
    };
    // Before what the call states of itself: a made-up list must not crowd them out of the record.
    const all = (): readonly CredentialUse[] => (found.length === 0 ? call.credentials : [...found, ...call.credentials]);
    const pieces = textsOf(call).flatMap(piecesOf);
    const [first, ...rest] = pieces;
    if (first !== undefined) look(first);
    if (pieces.reduce((chars, piece) => chars + piece.length, 0) <= PIECE_CHARS) {
      for (const piece of rest) look(piece);
      return all();
    }
    const looked = long.then(async () => {
      for (const piece of rest) {
        await new Promise((resolve) => setImmediate(resolve));
        look(piece);
      }
      return all();
    });
    long = looked.catch(() => undefined);
    return looked;
  };
}

/** Looked through at a time; pieces overlap by more than a secret is long. */
const PIECE_CHARS = 32_768;
const OVERLAP_CHARS = 4_096;

function piecesOf(text: string): string[] {
  const pieces = [text.slice(0, PIECE_CHARS)];
  for (let at = PIECE_CHARS; at < text.length; at += PIECE_CHARS - OVERLAP_CHARS) pieces.push(text.slice(at - OVERLAP_CHARS, at - OVERLAP_CHARS + PIECE_CHARS));
  return pieces;
}

/** More than the collector asks about: here it is before the deed. */
const CANDIDATES = 256;

function textsOf({ request, inputs, unredacted, operation, resource }: GateCall): string[] {
  const texts = [...(request === null ? [] : textsIn(request)), unredacted ?? inputs?.text, operation, resource?.id];
  return texts.filter((text) => typeof text === "string" && text !== "") as string[];
}

function textsIn(request: Request): (string | null)[] {
  switch (request.kind) {
    case "shell":
      return [request.command];
    case "sql":
      return [request.text];
    case "http":
      return [request.url, request.body];
    case "graphql":
      return [request.url, request.document, request.variables];
  }
}
