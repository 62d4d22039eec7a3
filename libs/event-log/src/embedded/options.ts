/** What can be set on an embedded log, and the bounds it has when nothing is. */
export interface EmbeddedOptions {
  readonly kind: "embedded";
  /** Directory of the log's files; made if missing, readable by its owner alone. */
  readonly dir: string;
  /** Partitions of every topic; fixed once the log exists. */
  readonly partitions?: number;
  /** Bytes that may wait for the disk, in-flight commit included; an append beyond is refused with TL_LOG_FULL. */
  readonly queueBytes?: number;
  /** Memory for the newest records of all topics together. */
  readonly tailBytes?: number;
  /** Largest database file; appends that would pass it are refused with TL_LOG_FULL. None by default: the disk decides. */
  readonly maxBytes?: number;
  /** Pause between two rounds of retention and compaction, in real time. */
  readonly maintenanceMs?: number;
}

export const EMBEDDED_DEFAULTS = {
  queueBytes: 64 * 1_048_576,
  tailBytes: 32 * 1_048_576,
  maintenanceMs: 60_000,
} as const;
