/** What the schema alone cannot say: that names are given once, point to something, and times are times. */
import { DEFAULT_POLICY, ENDPOINT_KIND } from "@tripline/core";
import { TriplineError } from "@tripline/model";
import type { LauncherConfig } from "./config.ts";

/** @throws TL_CONFIG_INVALID naming the place of the first contradiction */
export function checkReferences(config: LauncherConfig): void {
  checkBudget(config.policy);
  // Agents and relays share the directory of generated tokens, so they share names as well.
  once("an agent or relay", [...config.agents, ...config.relays].map(({ id }) => id));
  for (const agent of config.agents) {
    once(`a grant of agent "${agent.id}"`, agent.grants.map(({ id }) => id));
    if (agent.baseline?.learnFrom !== undefined) checkTime(`learnFrom of the baseline of agent "${agent.id}"`, agent.baseline.learnFrom);
    for (const grant of agent.grants) if (grant.expiresAt !== undefined) checkTime(`expiresAt of grant "${grant.id}" of agent "${agent.id}"`, grant.expiresAt);
  }
  once("a credential", config.credentials.map(({ id }) => id));
  // Evidence names a login by its principal alone: with two of one name, the wrong one would be revoked.
  once("the principal of a credential", config.credentials.flatMap(({ principal }) => (principal === undefined ? [] : [principal])));
  once("a resource", config.resources.map(({ kind, id }) => `${kind} ${id}`));
  checkDecoys(config);
  for (const { id, provider, autoRevoke } of config.credentials) {
    if (autoRevoke === "yes" && !Object.hasOwn(config.providers, provider)) {
      throw new TriplineError("TL_CONFIG_INVALID", `Credential "${id}" is to be revoked by provider "${provider}", which is not under providers.`);
    }
  }
}

/** What honest agents are given, or meet, is no decoy: they would trip. */
function checkDecoys({ credentials, resources, gate }: LauncherConfig): void {
  const injected = new Set(gate?.upstreams.flatMap((upstream) => upstream.credentials));
  for (const { id, decoy, issuedTo } of credentials) {
    if (decoy && (issuedTo.length > 0 || injected.has(id))) throw new TriplineError("TL_CONFIG_INVALID", `Credential "${id}" is a decoy and can be given to no agent: neither by issuedTo nor by an upstream.`);
  }
  const hosts = gate?.upstreams.map(({ url }) => new URL(url).host.toLowerCase()) ?? [];
  for (const { kind, id, decoy } of resources) {
    if (!decoy || kind !== ENDPOINT_KIND) continue;
    if (!ENDPOINT.test(id)) throw new TriplineError("TL_CONFIG_INVALID", `The decoy endpoint "${id}" must be a host in lower case, or a host and a path without a slash at its end.`);
    if (hosts.includes(id)) throw new TriplineError("TL_CONFIG_INVALID", `The decoy endpoint "${id}" is the host of an upstream: give it a path.`);
  }
}

const ENDPOINT = /^[a-z0-9.:[\]-]+(\/[^/?#\s]+)*$/u;

/** Budgets that no threshold can keep, and one that is given in both of its forms. @throws TL_CONFIG_INVALID */
export function checkBudget({ falseTrips, alerts, agentHoursPerFalseTrip }: LauncherConfig["policy"]): void {
  const hours = falseTrips.perAgentHours / falseTrips.count;
  if (hours < 1 || hours > 1e9) throw new TriplineError("TL_CONFIG_INVALID", "policy.falseTrips must come to one false trip in 1 to 1,000,000,000 agent-hours.");
  if (alerts.count > alerts.perCalls) throw new TriplineError("TL_CONFIG_INVALID", "policy.alerts asks for more alerts than calls.");
  const isDefault = falseTrips.count === 1 && falseTrips.perAgentHours === DEFAULT_POLICY.budget.agentHoursPerFalseTrip;
  if (agentHoursPerFalseTrip !== undefined && !isDefault && hours !== agentHoursPerFalseTrip) {
    throw new TriplineError("TL_CONFIG_INVALID", "policy.agentHoursPerFalseTrip and policy.falseTrips say different things; keep falseTrips.");
  }
}

function once(what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new TriplineError("TL_CONFIG_INVALID", `"${name}" is given twice as ${what}.`);
    seen.add(name);
  }
}

/** A time that cannot be read must not become a grant without an end. */
function checkTime(where: string, text: string): void {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || !(Date.parse(text) >= 0)) throw new TriplineError("TL_CONFIG_INVALID", `${where} is not an ISO 8601 time.`);
}
