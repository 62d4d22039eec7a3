/** The detector's named bounds. */
export const LIMITS = {
  /** Records judged between two turns of the event loop: at most a few milliseconds of parsing. */
  recordsPerTurn: 32,
  /** A checkpoint is written after so many records, or so much time, whichever comes first. */
  checkpointRecords: 2_000,
  checkpointMs: 2_000,
  /** Checkpoints that one process writes at the same time. */
  checkpointsAtOnce: 4,
  /** What judging may add to the process's memory: baselines of agents that act now, and the work on them. See `hot-bounds.ts`. */
  memoryBytes: 512 * 1_048_576,
  /** No budget is kept below this, which is the work alone: as many baselines as are judged together stay in memory then. */
  leastMemoryBytes: 200 * 1_048_576,
  /** What a process with the detector alone takes beside that budget, measured with a hundred agents: Node, the code, clients of log and store. */
  processBytes: 320 * 1_048_576,
  /** Ids of findings already in the log after the last checkpoint that are remembered while it is read again, per partition. */
  recoveredFindings: 100_000,
  /** Bytes of an undecodable record kept in its dead letter. */
  deadLetterBytes: 32_768,
  /** Wait between attempts to append while the log refuses. */
  appendRetryMs: 100,
  appendRetryMaxMs: 5_000,
} as const;
