/** Bounds of the breaker service; each is enforced where it is named. */
export const LIMITS = {
  /** Provider calls under way at once, per provider. */
  callsPerProvider: 8,
  /** One provider call, in milliseconds; after that its effect is unknown and a probe decides. */
  callTimeoutMs: 10_000,
  /** Agents with remembered foreign credentials; the least recently seen is forgotten first (the log still has it). */
  foreignAgents: 100_000,
  /** Foreign credentials remembered per agent. */
  foreignPerAgent: 64,
  /** Open work items loaded after a restart. */
  openWork: 100_000,
  /** Final containments kept in memory for listings; older ones are in the log. */
  containmentsShown: 1_000,
  /** Pause before reading again after a reader ended, in milliseconds. */
  readAgainMs: 1_000,
  /** How often applied offsets are written, in milliseconds. */
  checkpointMs: 500,
  /** Records handled before the loop lets others run. */
  recordsPerTurn: 64,
  /** Waits between attempts to write to the log, in milliseconds. */
  appendRetryMs: 50,
  appendRetryMaxMs: 1_000,
  /** How often providers are asked whether they could revoke, in milliseconds. */
  surveyMs: 300_000,
  /** How often expired leases are ended, in milliseconds. */
  expiryMs: 30_000,
  /** Unregistered credentials shown per provider. */
  unregisteredShown: 1_000,
  /** Calls remembered per probing agent. */
  probeCalls: 256,
  /** How often an instance tells the others that it lives, in milliseconds, and for how many of their looks it may be silent. */
  beatMs: 250,
  deadBeats: 6,
  /** Silent, or left, for so many of their looks, an instance's name is forgotten: after a minute. */
  forgetBeats: 240,
  /** Names that one looks at, those gone a moment ago included; beyond, it says that it is not ready. */
  peers: 4_096,
  /** Names read at once. */
  peersPage: 256,
  /** How long each place in the line for a partition leaves evidence and orders to the one before it, in milliseconds. */
  standbyMs: 150,
  /** How long the intent of another instance's trip may be on its way, in milliseconds. */
  intentGraceMs: 250,
  /** A stop lets others take over after so long, in milliseconds, even while a provider has not answered. */
  leaveMs: 700,
  /** How long a command waits to be seen applied before the API says it is only recorded. */
  commandWaitMs: 5_000,
} as const;
