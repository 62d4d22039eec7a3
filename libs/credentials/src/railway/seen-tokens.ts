/**
 * Which token ids this admin credential was once able to see. Absence from a listing proves deletion only for those: a token of
 * another account was never listed, and its absence says nothing.
 */
export interface SeenTokens {
  add(id: string): void;
  has(id: string): boolean;
}

/** Ids remembered; the oldest are forgotten first, which turns a proof into `unknown`, never the other way round. */
export const SEEN_TOKENS = 16_384;

export function createSeenTokens(bound = SEEN_TOKENS): SeenTokens {
  const ids = new Set<string>();
  return {
    add(id) {
      ids.delete(id);
      ids.add(id);
      const oldest = ids.values().next();
      if (ids.size > bound && oldest.done !== true) ids.delete(oldest.value);
    },
    has: (id) => ids.has(id),
  };
}
