/** Bounds of the gate, each tested where it is kept. Times in milliseconds, sizes in bytes. */
export const LIMITS = {
  /** Registry and breakers count as current for so long after the log last said that nothing newer is there. */
  currentForMs: 5_000,
  /** How often the log is asked. */
  confirmEveryMs: 1_000,
  confirmTimeoutMs: 2_000,
  /** Pause before a reader that ended is started again. */
  readAgainMs: 1_000,
  /** A record that an answer waits for; after that the answer is no. */
  recordTimeoutMs: 3_000,
  /** Records of reads that follow their answers and are not in the log yet, and their bytes; beyond, reads wait for room, and are refused after `recordTimeoutMs`. */
  trailingRecords: 4_096,
  trailingBytes: 33_554_432,
  /** Reads that wait for room; beyond, they are refused at once. */
  trailingWaiting: 2_048,
  /** Body of a request to decide, and of one through the proxy, decompressed. */
  bodyBytes: 1_048_576,
  /** Depth of JSON in a request to decide. */
  bodyDepth: 32,
  /** How often a gate looks for approvals whose time has come. */
  approvalPollMs: 500,
  /** Rows looked at each time, and approvals executed at once. */
  approvalsDue: 512,
  approvalsAtOnce: 16,
  /** Longest execution of an approved call. */
  executeMs: 120_000,
  /** A gate that claimed an approval and has not begun by then does not begin. */
  beginMs: 30_000,
  /** Claimed and never settled: its gate died, and nobody can tell what became of it. */
  unclearAfterMs: 600_000,
  /** How long the kept call and its answer stay readable once it is settled. */
  keptMs: 86_400_000,
  /** Kept of an upstream's answer. */
  answerBytes: 1_048_576,
  /** Held calls of one agent that wait for humans; beyond, further ones are refused. */
  waitingPerAgent: 64,
  /**
   * Kept of one agent's held calls, those that are over among them, and their bytes. Beyond, what expired, was refused, cancelled or void goes, oldest
   * first; where that is not enough, further ones are refused.
   */
  keptPerAgent: 512,
  keptBytesPerAgent: 67_108_864,
  /** Approvals listed for approvers. */
  approvalsListed: 5_000,
  /** Requests in flight at the approvers' door, and their body. */
  approversInFlight: 128,
  approverBodyBytes: 65_536,
  /** Connections to it, of all and of one address (IPv6: one network of 64 bits), which may be that of a proxy before it. */
  approverConnections: 256,
  approverConnectionsPerAddress: 32,
  /** Until the next request of a connection, and how many requests it carries. */
  approverKeepAliveMs: 5_000,
  approverRequestsPerConnection: 64,
  /** Without a byte in either direction: longer than what an approval waits for. */
  approverStallMs: 60_000,
  /** Requests in flight over all doors; beyond, they are refused at once. */
  inFlight: 2_048,
  /** Of these, requests of one agent through the proxy, and as many open tunnels: one agent must not take the others' room. */
  inFlightPerAgent: 512,
  /** And bodies of one agent's requests that are under way: each is held until it is sent, about three times. */
  bodyBytesPerAgent: 67_108_864,
  connections: 4_096,
  /** Requests of one connection of the decide API's socket that are decided at a time; beyond, no more is read of it. */
  socketPipelined: 64,
  /** Leases in one listing. */
  leasesListed: 2_000,
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 10_000,
  keepAliveMs: 65_000,
  /** Header fields of a request through the proxy, and all their bytes. */
  headers: 128,
  headerBytes: 16_384,
  /** Address of a request through the proxy, in characters. */
  urlChars: 4_096,
  /** A compressed body may grow by so much. */
  inflation: 64,
  /** Connections to one upstream with one credential: more than one agent can take. */
  upstreamConnections: 1_024,
  upstreamConnectMs: 10_000,
  /** Until the upstream's answer begins, and between two parts of it. */
  upstreamIdleMs: 300_000,
  /** Addresses of an upstream are asked for again after so long. */
  resolveAgainMs: 30_000,
  /** Kept of the answer to an approved call. */
  executedBytes: 65_536,
} as const;
export type GateLimits = { readonly [K in keyof typeof LIMITS]: number };
