/** Bounds on everything that enters from outside. Each is enforced where the value is made, and tested there. */
export const LIMITS = {
  /** Longest tenant, agent, session, call or credential id, in characters. */
  idChars: 256,
  /** Longest tool or operation name, in characters. */
  nameChars: 256,
  /** Inputs or outputs kept per action, in UTF-16 units, after redaction. */
  captureChars: 16_384,
  /** Arguments with a provenance entry per action. */
  provenanceEntries: 64,
  /** Longest argument path with a provenance entry, in characters. */
  argumentPathChars: 256,
  /** Longest working directory, in characters; a longer one is not kept, since a part of it is another directory. */
  directoryChars: 1_024,
  /** Reasoning excerpt kept per action, in characters. */
  reasoningChars: 1_024,
  /** Credential fingerprints per action. */
  credentialsPerAction: 8,
  /** Largest encoded record, in bytes (Kafka's default max.message.bytes is 1 MiB). */
  recordBytes: 262_144,
  /** Features per finding. */
  featuresPerFinding: 24,
  /** Human text in findings, commands and outcomes, in characters. */
  textChars: 1_024,
} as const;
