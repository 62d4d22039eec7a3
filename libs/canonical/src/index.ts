export { capture, cut, utf8Bytes, CAPTURE_CHARS, type CapturedText } from "./capture.ts";
export { fingerprint, sha256Hex } from "./hash.ts";
export {
  canonicalJson,
  digest,
  CANONICAL_MAX_CHARS,
  CANONICAL_MAX_DEPTH,
  CANONICAL_MAX_NODES,
  type Canonical,
  type CanonicalFailure,
  type Digest,
} from "./json.ts";
export { secretTagger, SECRET_TAGS, type SecretTagger } from "./secret-tag.ts";
export { redact, MAX_CANDIDATES, type RedactOptions, type Redaction, type Secret } from "./redact/redact.ts";
export { isCleanAscii } from "./redact/prefilter.ts";
export { isHashable } from "./redact/strength.ts";
export { ProvenanceTracker, type Origin } from "./provenance/tracker.ts";
