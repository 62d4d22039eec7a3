/**
 * Registered credentials that a call shows anywhere in what it would run: somebody else's, and decoys. What nobody registered is not judged
 * here, for a random value in a call must not be taken for a credential by which it is refused for good.
 */
import { fingerprint, type Redaction } from "@tripline/canonical";
import type { Registry } from "@tripline/core";
import { type CredentialUse, LIMITS as MODEL, type Request } from "@tripline/model";
import type { GateCall } from "./call.ts";
import type { GateDeps } from "./deps.ts";
import type { LookThrough } from "./look-through.ts";

/** A promise where the call is so long that others must have their turn in between. */
export type ShownCredentials = (tenant: string, call: GateCall) => readonly CredentialUse[] | Promise<readonly CredentialUse[]>;

export function createShownCredentials({ tenantKey }: Pick<GateDeps, "tenantKey">, registry: Registry, lookThrough: LookThrough): ShownCredentials {
  /** Long calls are looked through one after the other, so that many of them hold up nobody else. */
  let long: Promise<unknown> = Promise.resolve();
  return (tenant, call) => {
    const texts = textsOf(call);
    const isLong = texts.reduce((chars, text) => chars + text.length, 0) > PIECE_CHARS;
    if (!isLong && texts.every((text) => holdsNothing(lookThrough(tenant, text)))) return call.credentials;
    const shown = new Set(call.credentials.map(({ fingerprint: mark, principal }) => mark ?? `principal:${principal}`));
    const found: CredentialUse[] = [];
    const add = (mark: string, use: CredentialUse): void => {
      if (shown.has(mark) || registry.credentialByMark(tenant, mark) === null) return;
      shown.add(mark);
      found.push(use);
    };
    const look = (text: string): void => {
      const { secrets, principals } = lookThrough(tenant, text);
      for (const { sha256 } of secrets) {
        const mark = fingerprint(tenantKey(tenant), sha256);
        add(mark, { fingerprint: mark, principal: null, leaseId: null });
      }
      for (const principal of principals) if (principal.length <= MODEL.idChars) add(`principal:${principal}`, { fingerprint: null, principal, leaseId: null });
    };
    // Before what the call states of itself: a made-up list must not crowd them out of the record.
    const all = (): readonly CredentialUse[] => (found.length === 0 ? call.credentials : [...found, ...call.credentials]);
    const [first, ...rest] = texts.flatMap(piecesOf);
    if (first !== undefined) look(first);
    if (!isLong) {
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

const holdsNothing = ({ secrets, principals }: Redaction): boolean => secrets.length + principals.length === 0;

function textsOf({ request, inputs, unredacted, operation, resource }: GateCall): string[] {
  const texts: string[] = [];
  const add = (text: string | null | undefined): void => void (typeof text === "string" && text !== "" && texts.push(text));
  if (request !== null) for (const text of textsIn(request)) add(text);
  add(unredacted ?? inputs?.text);
  add(operation);
  add(resource?.id);
  return texts;
}

function textsIn(request: Request): readonly (string | null)[] {
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
