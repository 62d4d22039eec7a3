/** Credentials, resources and endpoints that exist to be found: no honest agent has a use for them. */
import type { CredentialRecord, Finding } from "@tripline/model";
import type { Registry } from "../registry/registry.ts";
import type { Detector, DetectorContext, Observed } from "./detector.ts";
import { agentName, feature, HARD_BITS, makeFinding } from "./evidence.ts";

/** Hard, reads included: a decoy credential in use anywhere in a call, or a decoy resource or endpoint touched by it. */
export const decoyTouched: Detector<null> = {
  name: "decoy-touched",
  inspect(observed: Observed, _baseline: null, context: DetectorContext): Finding[] {
    if (!context.registry.hasDecoys(observed.action.tenant)) return [];
    const what = decoyIn(observed, context.registry);
    if (what === null) return [];
    const { worst } = observed.classification;
    const summary = `${agentName(observed)} touched the decoy ${what} with ${worst.operation}: no honest agent has a use for it, so it was searched for or found where nothing was to be looked for.`;
    const features = [feature("decoy", HARD_BITS, "never touched", what)];
    return [makeFinding({ detector: this.name, weight: "hard", rule: "decoy.touched", bits: HARD_BITS, summary, features, risk: null }, observed, context)];
  },
};

function decoyIn(observed: Observed, registry: Registry): string | null {
  return decoyCredential(observed, registry) ?? decoyResource(observed, registry) ?? decoyEndpoint(observed, registry);
}

function decoyCredential({ action }: Observed, registry: Registry): string | null {
  for (const { fingerprint, principal } of action.credentials) {
    for (const mark of [fingerprint, principal === null ? null : `principal:${principal}`]) {
      const record: CredentialRecord | null = mark === null ? null : registry.credentialByMark(action.tenant, mark);
      if (record?.decoy === true) return `credential ${record.id}`;
    }
  }
  return null;
}

function decoyResource({ action, classification }: Observed, registry: Registry): string | null {
  const touched = classification.verdicts.flatMap(({ targets }) => targets);
  for (const { kind, id } of action.resource === null ? touched : [...touched, action.resource]) {
    if (registry.resource(action.tenant, kind, id)?.decoy === true) return `${kind} ${id}`;
  }
  return null;
}

/** An endpoint is `host`, or `host/path` with all below that path. */
function decoyEndpoint({ action }: Observed, registry: Registry): string | null {
  const { request } = action;
  const address = request?.kind === "http" || request?.kind === "graphql" ? request.url : null;
  const url = address === null ? null : URL.parse(address);
  if (url === null) return null;
  const asked = [url.hostname, url.host].map((host) => `${host.toLowerCase().replace(/\.$/u, "")}${plainPath(url.pathname)}`);
  const found = registry.decoyEndpoints(action.tenant).find((id) => asked.some((one) => one === id || one.startsWith(id.endsWith("/") ? id : `${id}/`)));
  return found === undefined ? null : `endpoint ${found}`;
}

/** As a server may read it: no encoding, no empty step, no slash at the end. */
function plainPath(path: string): string {
  let plain = path;
  try {
    plain = decodeURIComponent(path);
  } catch {
    // Compared as it stands.
  }
  return plain.replaceAll(/\/{2,}/gu, "/").replace(/\/$/u, "");
}
