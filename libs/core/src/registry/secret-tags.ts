/** The tags of registered secrets, so that nearly every text can be told not to be one without hashing it as one. */
import { SECRET_TAGS } from "@tripline/canonical";
import type { CredentialRecord } from "@tripline/model";

export class SecretTags {
  /** A bit for every tag, by tenant. None is ever taken back: another credential may have the same tag. */
  readonly #bits = new Map<string, Uint8Array>();
  /** Credentials with a fingerprint and no tag, by tenant: any text may be theirs. */
  readonly #untagged = new Map<string, Set<string>>();

  put({ tenant, id, fingerprint, secretTag }: CredentialRecord): void {
    if (fingerprint !== null && secretTag === undefined) {
      const untagged = this.#untagged.get(tenant) ?? new Set();
      this.#untagged.set(tenant, untagged.add(id));
      return;
    }
    this.#untagged.get(tenant)?.delete(id);
    if (fingerprint === null || secretTag === undefined) return;
    const bits = this.#bits.get(tenant) ?? new Uint8Array(SECRET_TAGS / 8);
    bits[secretTag >> 3] = (bits[secretTag >> 3] ?? 0) | (1 << (secretTag & 7));
    this.#bits.set(tenant, bits);
  }

  /** False only where no registered secret of the tenant has this tag. */
  mayBe(tenant: string, tag: number): boolean {
    const bits = this.#bits.get(tenant);
    if (bits !== undefined && ((bits[tag >> 3] ?? 0) & (1 << (tag & 7))) !== 0) return true;
    return (this.#untagged.get(tenant)?.size ?? 0) > 0;
  }
}
