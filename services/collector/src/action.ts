/** An action from its draft: identity from the channel, texts redacted and bounded, secrets as fingerprints. */
import { LIMITS, type Action, type CredentialUse, type Request, type StorableAction } from "@tripline/model";
import type { ActionDraft } from "@tripline/semconv";
import type { Identity } from "./batch.ts";
import type { Fingerprints } from "./fingerprints.ts";
import type { Redactor } from "./redactor.ts";

/** After `redactor.begin`. Depends on nothing but the draft, the identity and the inventory: a request sent again gives the same bytes. */
export function toAction(draft: ActionDraft, identity: Identity, tenant: string, redactor: Redactor, fingerprints: Fingerprints): StorableAction {
  const id = (value: string | null) => redactor.name(value === "" ? null : value, LIMITS.idChars);
  const name = (value: string | null) => redactor.name(value, LIMITS.nameChars);
  const request = draft.request === null ? null : redactRequest(draft.request, redactor);
  const inputs = inputsOf(draft, redactor);
  return {
    v: 1,
    // An id of trace and span alone holds nothing of the sender's but 24 bytes that name the span everywhere else too.
    id: redactor.text(draft.id, LIMITS.idChars),
    callId: draft.callId === null ? null : redactor.callId(draft.callId, LIMITS.idChars),
    tenant,
    agent: redactor.agent(draft.agent, identity.agent),
    assurance: identity.assurance,
    claimedAgent: id(identity.claimedAgent),
    session: redactor.session(draft.session === "" ? null : draft.session),
    parentSession: id(draft.parentSession),
    task: id(draft.task),
    phase: draft.phase,
    eventMs: draft.eventMs,
    tool: redactor.mustName(draft.tool, LIMITS.nameChars),
    operation: name(draft.operation),
    request,
    inputs,
    outputs: redactor.capture(draft.outputs, false),
    provenance: provenanceOf(draft, redactor),
    resource: resourceOf(draft, redactor),
    credentials: credentialsOf(draft, redactor, tenant, fingerprints),
    environment: redactor.environment(draft.environment),
    ...(draft.workingDirectory === undefined ? {} : { workingDirectory: redactor.must(draft.workingDirectory, LIMITS.directoryChars) }),
    outcome: draft.outcome === null ? null : { status: draft.outcome.status, errorType: name(draft.outcome.errorType) },
    decision: null,
    reasoning: redactor.text(draft.reasoning, LIMITS.reasoningChars),
    source: draft.source,
  };
}

/**
 * The inputs; marked as truncated where the request was cut, since a reader must never take a cut request for a whole one: what
 * destroys may stand in the part that is missing.
 */
function inputsOf(draft: ActionDraft, redactor: Redactor): StorableAction["inputs"] {
  if (!redactor.cut()) return redactor.capture(draft.inputs, true);
  const given = draft.inputs ?? { text: JSON.stringify(draft.request), fullBytes: null, digest: null, truncated: true };
  const captured = redactor.capture(given, true);
  if (captured === null) return null;
  const { text, fullBytes, digest } = captured;
  return { text, fullBytes, digest, truncated: true };
}

const SYSTEM_CHARS = LIMITS.nameChars;
const METHOD_CHARS = 32;
const URL_CHARS = 4_096;

function redactRequest(request: Request, redactor: Redactor): Request {
  const long = (text: string) => redactor.used(text, LIMITS.captureChars);
  switch (request.kind) {
    case "shell":
      return { kind: "shell", command: long(request.command) };
    case "sql":
      return { kind: "sql", system: redactor.must(request.system, SYSTEM_CHARS), text: long(request.text) };
    case "http":
      return {
        kind: "http",
        method: redactor.must(request.method, METHOD_CHARS),
        url: redactor.used(request.url, URL_CHARS),
        body: request.body === null ? null : long(request.body),
      };
    case "graphql":
      return {
        kind: "graphql",
        url: request.url === null ? null : redactor.used(request.url, URL_CHARS),
        document: long(request.document),
        operationName: redactor.text(request.operationName, LIMITS.nameChars),
        variables: request.variables === null ? null : long(request.variables),
      };
  }
}

function provenanceOf(draft: ActionDraft, redactor: Redactor): Action["provenance"] {
  if (draft.provenance.size === 0) return {};
  const made = Object.create(null) as Action["provenance"];
  for (const [path, origin] of draft.provenance) made[redactor.must(path, LIMITS.argumentPathChars)] = origin;
  return made;
}

function resourceOf({ resource }: ActionDraft, redactor: Redactor): Action["resource"] {
  if (resource === null || resource.id === "") return null;
  return {
    kind: redactor.must(resource.kind, LIMITS.nameChars),
    id: redactor.must(resource.id, LIMITS.idChars),
    environment: redactor.text(resource.environment, LIMITS.nameChars),
  };
}

const SHA256_HEX = /^[0-9a-fA-F]{64}$/;

/**
 * Credentials in use: those the SDK names by digest, those found in what was sent out, principals, and the lease. Each stands
 * alone, since the sender's word that a secret belongs to a lease must not make a foreign credential look issued.
 */
function credentialsOf(draft: ActionDraft, redactor: Redactor, tenant: string, fingerprints: Fingerprints): CredentialUse[] {
  const { sha256: told, principals: named, leaseId } = draft.credentials;
  if (told.length + named.length + redactor.secrets.size + redactor.principals.size === 0 && leaseId === null) return [];
  const digests = new Set([...told.filter((one) => SHA256_HEX.test(one)).map((one) => one.toLowerCase()), ...redactor.secrets]);
  const principals = new Set([...named, ...redactor.principals]);
  const uses: CredentialUse[] = [];
  for (const sha256 of digests) uses.push({ fingerprint: fingerprints.of(tenant, sha256), principal: null, leaseId: null });
  if (leaseId !== null) uses.push({ fingerprint: null, principal: null, leaseId: redactor.must(leaseId, LIMITS.idChars) });
  for (const principal of principals) if (principal !== "") uses.push({ fingerprint: null, principal: redactor.must(principal, LIMITS.idChars), leaseId: null });
  return uses.slice(0, LIMITS.credentialsPerAction);
}
