/**
 * Registrations, the one part of the registry that a deployment has a million of: whoever judges holds all of them, so what agents
 * share (tenant, role, owner, environment, status) is kept once, and the rest in typed arrays.
 */
import { type AgentKey, agentKey, type AgentRegistration, splitAgentKey } from "@tripline/model";

/** What many agents have in common. */
export type AgentProfile = Readonly<Pick<AgentRegistration, "role" | "owner" | "environment" | "status" | "baseline" | "gate">>;

interface KnownProfile {
  readonly name: string;
  readonly profile: AgentProfile;
  agents: number;
}

const FIRST_ROWS = 1_024;
/** Of a registration beside its key's characters: map entry, string header, row. Measured: 76 where the map is nearly full. */
const ROW_BYTES = 96;
/** Of a profile: object, texts, two map entries. */
const PROFILE_BYTES = 512;

export class AgentTable {
  readonly #rows = new Map<AgentKey, number>();
  /** By row. */
  #profileOf = new Uint32Array(FIRST_ROWS);
  #versions = new Float64Array(FIRST_ROWS);
  #atMs = new Float64Array(FIRST_ROWS);
  /** By the number that rows have of them; holes are reused. */
  readonly #profiles: (KnownProfile | undefined)[] = [];
  readonly #freeProfiles: number[] = [];
  readonly #byName = new Map<string, number>();
  #keyChars = 0;

  /** About what all this takes of memory. */
  get bytes(): number {
    return this.#keyChars + this.#rows.size * ROW_BYTES + this.#byName.size * PROFILE_BYTES;
  }

  get(key: AgentKey): AgentRegistration | null {
    const row = this.#rows.get(key);
    return row === undefined ? null : this.#registration(key, row);
  }

  /** The same without what is the agent's own; nothing is made for it, since it is asked for at every action. */
  profile(key: AgentKey): AgentProfile | null {
    const row = this.#rows.get(key);
    return row === undefined ? null : this.#profiles[this.#profileOf[row]!]!.profile;
  }

  /** The newest fact of its agent. Answers the status that it had before, null for a new one. */
  put(fact: AgentRegistration): AgentRegistration["status"] | null {
    const key = agentKey(fact.tenant, fact.agent);
    const known = this.#rows.get(key);
    const row = known ?? this.#newRow(key);
    const before = known === undefined ? null : this.#profiles[this.#profileOf[row]!]!;
    const profile = this.#profile(fact);
    this.#profileOf[row] = profile;
    this.#versions[row] = fact.version;
    this.#atMs[row] = fact.atMs;
    if (before !== null) this.#release(before);
    return before?.profile.status ?? null;
  }

  /** In the order in which they were first registered. */
  *all(): IterableIterator<AgentRegistration> {
    for (const [key, row] of this.#rows) yield this.#registration(key, row);
  }

  #registration(key: AgentKey, row: number): AgentRegistration {
    const { profile } = this.#profiles[this.#profileOf[row]!]!;
    const { tenant, agent } = splitAgentKey(key);
    return { v: 1, version: this.#versions[row]!, tenant, agent, ...profile, atMs: this.#atMs[row]! };
  }

  #newRow(key: AgentKey): number {
    const row = this.#rows.size;
    if (row === this.#profileOf.length) this.#grow();
    this.#rows.set(key, row);
    this.#keyChars += key.length;
    return row;
  }

  #grow(): void {
    const length = this.#profileOf.length * 2;
    const grown = { profiles: new Uint32Array(length), versions: new Float64Array(length), atMs: new Float64Array(length) };
    grown.profiles.set(this.#profileOf);
    grown.versions.set(this.#versions);
    grown.atMs.set(this.#atMs);
    this.#profileOf = grown.profiles;
    this.#versions = grown.versions;
    this.#atMs = grown.atMs;
  }

  #profile({ role, owner, environment, status, baseline, gate }: AgentRegistration): number {
    const name = JSON.stringify([role, owner, environment, status, gate ?? "", ...(baseline === undefined ? [] : [baseline])]);
    const known = this.#byName.get(name);
    const at = known ?? this.#freeProfiles.pop() ?? this.#profiles.length;
    if (known === undefined) {
      this.#profiles[at] = { name, profile: { role, owner, environment, status, ...(baseline === undefined ? {} : { baseline }), ...(gate === undefined ? {} : { gate }) }, agents: 0 };
      this.#byName.set(name, at);
    }
    this.#profiles[at]!.agents += 1;
    return at;
  }

  #release(profile: KnownProfile): void {
    profile.agents -= 1;
    if (profile.agents > 0) return;
    const at = this.#byName.get(profile.name)!;
    this.#byName.delete(profile.name);
    this.#profiles[at] = undefined;
    this.#freeProfiles.push(at);
  }
}
