/**
 * The gate as a provider: the credential that an agent holds is a token for the gate alone, and the real ones stay behind it. Revoking ends
 * the lease in the registry, which every gate reads; the gate that is asked refuses the token before it answers.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { TriplineError } from "@tripline/model";
import { createJsonClient, type JsonClient } from "../http/json-client.ts";
import type { CredentialProvider, CredentialTarget, IssueOutcome, IssueRequest, ListOutcome, ProviderDescription, VerifyOutcome } from "../provider.ts";
import type { ProviderDeps } from "../registry.ts";
import type { ProbeOutcome, RevocationOutcome } from "@tripline/model";
import { askGate, type LeaseAnswer } from "./client.ts";
import type { GateProviderConfig } from "./config.ts";
import { leaseControlToken, leaseToken } from "./token.ts";

/** How often it is looked whether the gate of this process has started. */
const START_LOOK_MS = 50;
export const GATE_TOKEN_KIND = "gate-token";

export const gateDescription: ProviderDescription = {
  kind: "gate",
  revokes: "immediately",
  cutsOpenSessions: true,
  credentialKinds: [GATE_TOKEN_KIND],
  permissions: ["nothing: both sides derive the key of lease tokens from the master key. With `gate:` in the configuration this provider is there without an entry"],
  example: ["providers:", "  gate:", "    kind: gate", "    # url: https://gate.internal:4321"].join("\n"),
  probes: ["used-and-refused", "provider-listing"],
  backups: null,
  limits: [
    "a request that an upstream is already executing is not undone",
    "of several gates, those that were not asked refuse the token once they have read from the log that its lease ended, milliseconds later; the open breaker is refused by them in the same way",
    "a gate that cannot be reached proves nothing: the token stays unverified until it answers",
  ],
};

interface Access {
  readonly client: () => JsonClient | null;
  readonly control: string;
}

/** Opens the provider; connects lazily. @throws TL_CONFIG_INVALID where no gate is known, or the token would travel in the clear */
export function createGateProvider(config: GateProviderConfig, deps: ProviderDeps): CredentialProvider {
  const { gate } = deps;
  if (gate === undefined) throw new TriplineError("TL_CONFIG_INVALID", "A provider of kind gate needs the key of lease tokens.");
  const configured = config.url === undefined ? null : checkedUrl(config.url);
  const ca = config.caFile === undefined ? null : deps.readSecret({ env: undefined, file: config.caFile });
  let known: { readonly href: string; readonly client: JsonClient } | null = null;
  let isClosed = false;
  const client = (): JsonClient | null => {
    const own = configured?.href ?? gate.url();
    if (isClosed || own === null) return null;
    if (known?.href !== own) {
      known?.client.close();
      known = { href: own, client: createJsonClient(new URL("/v1/leases", own), config.timeoutMs, ca) };
    }
    return known.client;
  };
  const access: Access = { client, control: leaseControlToken(gate.key) };
  return {
    describe: () => gateDescription,
    verify: async (signal) => {
      // In one process the breaker starts before the gate: what is not there yet is not away.
      const untilMs = performance.now() + (configured === null ? config.timeoutMs : 0);
      while (gate.url() === null && performance.now() < untilMs && !signal.aborted) await sleep(START_LOOK_MS, undefined, { ref: false });
      return verify(access, signal);
    },
    issue: (request) => Promise.resolve(issue(gate.key, request)),
    revoke: (target, signal) => revoke(access, target, signal),
    probe: (target, secret, signal) => probe(access, target, secret, signal),
    list: (signal) => list(access, signal),
    close: async () => {
      isClosed = true;
      known?.client.close();
    },
  };
}

function checkedUrl(text: string): URL {
  const url = URL.parse(text);
  const isLoopback = url !== null && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url === null || url.username !== "" || (url.protocol !== "https:" && !isLoopback)) throw new TriplineError("TL_CONFIG_INVALID", "The gate's address must be an https URL (http on loopback only), without credentials in it.");
  return url;
}

async function verify({ client, control }: Access, signal: AbortSignal): Promise<VerifyOutcome> {
  const answer = await askGate(client(), control, { do: "list" }, signal);
  if (answer.kind === "answered") return { kind: "ready", detail: "the gate accepts this breaker's key" };
  if (answer.kind === "refused") return { kind: "unfit", missing: ["the same master key: the gate refuses this breaker's control token"] };
  return { kind: "unreachable", reason: answer.reason };
}

/** Nothing is called: the token is as good as its lease, which is on record already. A probing breaker down-scopes at the gate itself. */
function issue(key: Uint8Array, { leaseId, grant, ttlMs, nowMs }: IssueRequest): IssueOutcome {
  const holder = { tenant: grant.tenant, agent: grant.agent, leaseId };
  const secret = leaseToken(key, holder);
  const providerRef = refOf(holder);
  if (secret === null || providerRef.length > MAX_REF_CHARS) return { kind: "not-supported", reason: "the ids of tenant, agent and lease are too long for a token" };
  return { kind: "issued", target: { id: `lease-${leaseId}`, kind: GATE_TOKEN_KIND, providerRef, principal: null }, secret, expiresAtMs: nowMs + ttlMs };
}

const MAX_REF_CHARS = 1_024;
const refOf = ({ tenant, agent, leaseId }: { tenant: string; agent: string; leaseId: string }): string => [tenant, agent, leaseId].map(encodeURIComponent).join("/");

function leaseOf({ providerRef }: CredentialTarget): object | null {
  const [tenant, agent, lease, ...more] = providerRef.split("/").map(decoded);
  return tenant && agent && lease && more.length === 0 ? { tenant, agent, lease } : null;
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

async function revoke({ client, control }: Access, target: CredentialTarget, signal: AbortSignal): Promise<RevocationOutcome> {
  if (target.kind !== GATE_TOKEN_KIND) return { kind: "not-revocable", reason: "not a lease token of the gate" };
  const lease = leaseOf(target);
  if (lease === null) return { kind: "already-gone" };
  const answer = await askGate(client(), control, { do: "end", ...lease }, signal);
  if (answer.kind === "refused") return { kind: "failed", reason: "the gate refuses this breaker's control token", effect: "none", retryAfterMs: null };
  if (answer.kind === "failed") return answer;
  switch (answer.body["status"]) {
    case "ended":
      // Every request of the token is decided anew: there is no session to cut.
      return { kind: "revoked", sessionsCut: 0 };
    case "gone":
      return { kind: "already-gone" };
    default:
      return { kind: "failed", reason: "the gate's answer confirms nothing", effect: "unknown", retryAfterMs: null };
  }
}

async function probe(access: Access, target: CredentialTarget, secret: string | null, signal: AbortSignal): Promise<ProbeOutcome> {
  if (target.kind !== GATE_TOKEN_KIND) return unknown("not a lease token of the gate");
  return secret === null ? probeByListing(access, target, signal) : probeByUse(access, secret, signal);
}

/** A gate that refuses everybody has not revoked anything: it must answer the breaker at the same moment. */
async function probeByUse({ client, control }: Access, secret: string, signal: AbortSignal): Promise<ProbeOutcome> {
  const gate = client();
  if (gate === null) return unknown("it is not known where the gate is, or it has not started");
  const [used, controlled] = await Promise.all([gate.get("/v1/whoami", { authorization: `Bearer ${secret}` }, signal), askGate(gate, control, { do: "list" }, signal)]);
  if (used.kind !== "answered") return unknown(used.reason);
  if (used.status === 200) return { kind: "still-works", by: "used-and-refused" };
  if (used.status !== 401) return unknown(`the gate answered HTTP ${used.status}`);
  return controlled.kind === "answered" ? { kind: "refused", by: "used-and-refused" } : unknown(`the token was refused, but the breaker's own request was not answered either (${reasonOf(controlled)})`);
}

async function probeByListing({ client, control }: Access, target: CredentialTarget, signal: AbortSignal): Promise<ProbeOutcome> {
  const lease = leaseOf(target);
  const answer = await askGate(client(), control, { do: "show", ...lease }, signal);
  if (answer.kind !== "answered") return unknown(reasonOf(answer));
  const { status } = answer.body;
  if (status === "active") return { kind: "still-works", by: "provider-listing" };
  return status === "gone" ? { kind: "refused", by: "provider-listing" } : unknown("the gate's answer says nothing of the lease");
}

async function list({ client, control }: Access, signal: AbortSignal): Promise<ListOutcome> {
  const answer = await askGate(client(), control, { do: "list" }, signal);
  if (answer.kind !== "answered") return { kind: "failed", reason: reasonOf(answer) };
  const { leases, truncated } = answer.body;
  if (!Array.isArray(leases) || truncated === true) return { kind: "failed", reason: "the gate has more leases than it lists" };
  return {
    kind: "listed",
    credentials: leases.filter(isLease).map(({ tenant, agent, lease, credential, atMs }) => ({
      target: { id: credential, kind: GATE_TOKEN_KIND, providerRef: refOf({ tenant, agent, leaseId: lease }), principal: null }, name: `${agent} ${lease}`, createdAtMs: atMs,
    })),
  };
}

interface ListedLease {
  readonly tenant: string;
  readonly agent: string;
  readonly lease: string;
  readonly credential: string;
  readonly atMs: number;
}

function isLease(one: unknown): one is ListedLease {
  if (typeof one !== "object" || one === null) return false;
  const { tenant, agent, lease, credential, atMs } = one as Record<string, unknown>;
  return [tenant, agent, lease, credential].every((text) => typeof text === "string") && typeof atMs === "number";
}

const unknown = (reason: string): ProbeOutcome => ({ kind: "unknown", reason });
const reasonOf = (answer: Exclude<LeaseAnswer, { kind: "answered" }>): string => (answer.kind === "refused" ? "the gate refuses this breaker's control token" : answer.reason);
