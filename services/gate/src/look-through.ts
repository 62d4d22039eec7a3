/**
 * Looks texts through for secrets, each once: what captures a call's arguments, what looks for credentials in them and what records them all read
 * the same texts, and agents repeat themselves. Only texts in which nothing was found are remembered, and only until the registry changes.
 */
import { redact, type Redaction } from "@tripline/canonical";
import type { Registry } from "@tripline/core";
import type { KnownSecret } from "./record.ts";

/** What is secret in a text, for this tenant; the text itself where nothing is. */
export type LookThrough = (tenant: string, text: string) => Redaction;

/** Texts of each of two generations; the older one is dropped whole when the younger is full. */
const REMEMBERED_TEXTS = 2_048;
/** Longer ones are looked through anew, so that the memory is bounded by both. */
const REMEMBERED_CHARS = 2_048;
/** More than the collector asks about: here it is before the deed. */
const CANDIDATES = 256;

export function createLookThrough(registry: Pick<Registry, "version">, isKnownSecret: (tenant: string) => KnownSecret): LookThrough {
  let version = registry.version;
  let tenant = "";
  let known = isKnownSecret(tenant);
  let younger = new Set<string>();
  let older = new Set<string>();
  const forget = (): void => {
    if (younger.size > 0) younger = new Set();
    if (older.size > 0) older = new Set();
  };
  return (askedTenant, text) => {
    // What is registered decides what is a secret: nothing is remembered beyond its next change, or for another tenant.
    if (version !== registry.version || tenant !== askedTenant) {
      version = registry.version;
      tenant = askedTenant;
      known = isKnownSecret(tenant);
      forget();
    }
    if (younger.has(text)) return clean(text);
    const found = older.has(text) ? clean(text) : redact(text, { known, maxCandidates: CANDIDATES });
    if (text.length > REMEMBERED_CHARS || !isClean(found)) return found;
    if (younger.size >= REMEMBERED_TEXTS) {
      older = younger;
      younger = new Set();
    }
    younger.add(text);
    return found;
  };
}

const NONE: readonly never[] = [];
const clean = (text: string): Redaction => ({ text, secrets: NONE as never[], principals: NONE as never[], redactions: 0, unchecked: 0 });
const isClean = ({ secrets, principals, redactions, unchecked }: Redaction): boolean => secrets.length + principals.length + redactions + unchecked === 0;
