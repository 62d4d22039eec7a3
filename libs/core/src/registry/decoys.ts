/** Which decoys a tenant has: asked at every action, and nearly always none. */
import type { CredentialRecord, ResourceRecord } from "@tripline/model";

/** Kind of resource whose id is a host, or a host and a path. */
export const ENDPOINT_KIND = "endpoint";

export class Decoys {
  readonly #all = new Map<string, Set<string>>();
  readonly #endpoints = new Map<string, string[]>();

  putCredential({ tenant, id, decoy }: CredentialRecord): void {
    this.#put(tenant, `credential/${id}`, decoy === true);
  }

  putResource({ tenant, kind, id, decoy }: ResourceRecord): void {
    this.#put(tenant, `resource/${kind}/${id}`, decoy === true);
    if (kind !== ENDPOINT_KIND) return;
    const others = this.endpoints(tenant).filter((one) => one !== id);
    if (decoy === true) others.push(id);
    this.#endpoints.set(tenant, others);
  }

  has(tenant: string): boolean {
    return this.#all.has(tenant);
  }

  endpoints(tenant: string): string[] {
    return this.#endpoints.get(tenant) ?? [];
  }

  #put(tenant: string, name: string, isDecoy: boolean): void {
    const known = this.#all.get(tenant);
    if (isDecoy) this.#all.set(tenant, (known ?? new Set()).add(name));
    else if (known?.delete(name) === true && known.size === 0) this.#all.delete(tenant);
  }
}
