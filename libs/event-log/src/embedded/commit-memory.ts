/**
 * The memory in which commits are laid out, shared with the writer thread. One commit is under way at a time, so one stretch
 * serves them all. Moving a buffer of its own for each commit there and back made both threads collect garbage in full several
 * times a second, a fifth of what ingest costs (measured): V8 counts each arrival as memory that may have to be freed.
 */
export interface CommitMemory {
  /** Given to the writer thread when it starts. */
  readonly standing: SharedArrayBuffer;
  /** Memory for one commit, whatever it held before: the standing one, or for the rare larger commit one of its own. */
  take(bytes: number): SharedArrayBuffer;
}

/** Twice `COMMIT_BYTES`: only a single append of more than that goes beyond. Untouched pages take no memory. */
export const STANDING_BYTES = 4 * 1_048_576;

export function createCommitMemory(): CommitMemory {
  const standing = new SharedArrayBuffer(STANDING_BYTES);
  return { standing, take: (bytes) => (bytes <= STANDING_BYTES ? standing : new SharedArrayBuffer(bytes)) };
}
