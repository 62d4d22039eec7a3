/** Bounds of the notifier; each is enforced where it is named. */
export const LIMITS = {
  /** Deliveries under way at once, per sink. */
  deliveriesPerSink: 4,
  /** Open work items looked at per turn; doubled while every one of them waits for a sink that is paused. */
  window: 256,
  maxWindow: 65_536,
  /** First wait after a failed delivery, doubled with each further one, in milliseconds. */
  retryMs: 1_000,
  retryMaxMs: 3_600_000,
  /** After so long an alert is given up: counted, logged as an error, and kept in the log's containment record. */
  giveUpMs: 3 * 24 * 3_600_000,
  /** Longest wait between looks at the work list, in milliseconds. */
  idleMs: 5_000,
  /** An alert that an instance has begun to send is left to it for so long, in milliseconds; a receiver slower than this may hear it twice, by the same id. */
  claimMs: 20_000,
  /** Items named in one alert. */
  itemsPerAlert: 64,
  findingsPerAlert: 8,
  featuresPerAlert: 8,
  namesPerAlert: 16,
} as const;
