/**
 * Who owns which partition of a group. Sticky: a partition moves only if the shares are uneven. And never at once from one owner to
 * another: it is left out for one round, in which the old owner finishes and lets go, while everything else goes on being read.
 */
export interface Member {
  readonly id: string;
  /** What it holds, and in which round of the group it got that. */
  readonly owned: readonly number[];
  readonly generation: number;
}

/** Partitions of each member for this round; those that change hands are nobody's until the next one. */
export function assign(members: readonly Member[], partitions: number): ReadonlyMap<string, readonly number[]> {
  const ordered = members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const holder = holders(ordered, partitions);
  const held = new Map(ordered.map(({ id }) => [id, [] as number[]]));
  const free: number[] = [];
  holder.forEach((id, partition) => (id === null ? free.push(partition) : held.get(id)?.push(partition)));
  const share = shares(ordered, held, partitions);
  return new Map(
    ordered.map(({ id }) => {
      const size = share.get(id) ?? 0;
      const kept = (held.get(id) ?? []).slice(0, size);
      return [id, [...kept, ...free.splice(0, size - kept.length)]];
    }),
  );
}

/** Of two that claim a partition the one that got it later; the other was thought dead. */
function holders(members: readonly Member[], partitions: number): (string | null)[] {
  const holder: (string | null)[] = Array.from({ length: partitions }, () => null);
  const since: number[] = Array.from({ length: partitions }, () => Number.NEGATIVE_INFINITY);
  for (const { id, owned, generation } of members) {
    for (const partition of owned) {
      if (partition < 0 || partition >= partitions || generation <= (since[partition] ?? 0)) continue;
      holder[partition] = id;
      since[partition] = generation;
    }
  }
  return holder;
}

/** Sizes that differ by one at most; the larger ones go to those that hold most, so that nothing moves for the sake of one. */
function shares(members: readonly Member[], held: ReadonlyMap<string, readonly number[]>, partitions: number): ReadonlyMap<string, number> {
  const least = Math.floor(partitions / Math.max(1, members.length));
  const larger = partitions - least * members.length;
  const byHeld = members.toSorted((a, b) => (held.get(b.id)?.length ?? 0) - (held.get(a.id)?.length ?? 0));
  return new Map(byHeld.map(({ id }, index) => [id, index < larger ? least + 1 : least]));
}
