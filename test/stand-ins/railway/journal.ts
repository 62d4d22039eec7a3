/** What the stand-in saw, one entry per selected root field. Holds token ids, never secrets. */
export interface JournalEntry {
  readonly seq: number;
  /** When the request arrived; epoch milliseconds with a fraction, comparable between processes of one machine. */
  readonly receivedMs: number;
  readonly tokenId: string | null;
  readonly operation: string;
  /** The id the field names as its target, where it has one. */
  readonly target: string | null;
  readonly result: "executed" | "refused" | "failed";
}

export interface Journal {
  add(entry: Omit<JournalEntry, "seq">): void;
  entries(): readonly JournalEntry[];
  /** Entries dropped at the bound, oldest first. */
  dropped(): number;
}

/** Kept entries; a client asking every 2 ms fills this in three minutes. */
export const JOURNAL_ENTRIES = 100_000;

export function createJournal(bound = JOURNAL_ENTRIES): Journal {
  let kept: JournalEntry[] = [];
  let seq = 0;
  let dropped = 0;
  return {
    add(entry) {
      kept.push({ seq, ...entry });
      seq += 1;
      if (kept.length < bound * 1.1) return;
      dropped += kept.length - bound;
      kept = kept.slice(-bound);
    },
    entries: () => kept,
    dropped: () => dropped,
  };
}
