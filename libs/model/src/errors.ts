/**
 * Every error that a user can meet: a stable code, what it means and what to do next. Listed in ERRORS.md of this package;
 * a test holds table and document together. Texts never contain a value from outside, so they cannot carry a secret.
 */
export const ERRORS = {
  // configuration
  TL_CONFIG_UNREADABLE: { status: 500, text: "The configuration file cannot be read.", next: "Check the path given with --config." },
  TL_CONFIG_INVALID: { status: 500, text: "The configuration is not valid.", next: "Correct the key named in the message." },
  TL_CONFIG_UNKNOWN_KEY: { status: 500, text: "The configuration has an unknown key.", next: "Use the nearest valid key named in the message." },
  TL_CONFIG_ADDRESS: { status: 500, text: "Tripline cannot listen at an address of its configuration.", next: "Stop what listens there, or set another host or port under the key named in the message." },
  TL_CONFIG_SECRET_MISSING: { status: 500, text: "A secret named in the configuration is not set.", next: "Set the environment variable or file named in the message." },
  // ingest
  TL_INGEST_UNAUTHENTICATED: { status: 401, text: "No valid ingest token.", next: "Send `Authorization: Bearer <ingest token>`." },
  TL_INGEST_MEDIA_TYPE: { status: 415, text: "Unsupported content type.", next: "Send application/x-protobuf or application/json." },
  TL_INGEST_ENCODING: { status: 415, text: "Unsupported content encoding.", next: "Send gzip or no encoding, once." },
  TL_INGEST_TOO_LARGE: { status: 413, text: "The body exceeds the size limit, before or after decompression.", next: "Send smaller batches." },
  TL_INGEST_RATIO: { status: 413, text: "The compression ratio exceeds the limit.", next: "Send less compressible or smaller batches." },
  TL_INGEST_TOO_DEEP: { status: 400, text: "The body is nested too deeply.", next: "Flatten the attributes." },
  TL_INGEST_TOO_MANY: { status: 413, text: "The body holds too many items.", next: "Send smaller batches." },
  TL_INGEST_MALFORMED: { status: 400, text: "The body is not valid OTLP.", next: "Check the exporter's protocol setting." },
  TL_INGEST_OVERLOADED: { status: 429, text: "Too much is in flight.", next: "Retry after the time in Retry-After." },
  TL_INGEST_UNAVAILABLE: { status: 503, text: "The event log cannot make the data durable now.", next: "Retry after the time in Retry-After." },
  // items dropped or set aside, with a reason
  TL_ITEM_INVALID: { status: 200, text: "The action has a field that cannot be used.", next: "See the dead letter's detail." },
  TL_RECORD_UNDECODABLE: { status: 500, text: "A record in the log cannot be decoded.", next: "See the topic's dead letters." },
  // log and store
  TL_LOG_LOCKED: { status: 500, text: "Another process uses this data directory.", next: "Stop it, or choose another dataDir." },
  TL_LOG_CLOSED: { status: 503, text: "The event log is closed.", next: "Retry once the service is back." },
  TL_LOG_FULL: { status: 503, text: "The event log cannot take more now.", next: "Free disk space if the disk is full; else see why disk or brokers do not keep up. Tripline goes on by itself." },
  TL_LOG_UNAVAILABLE: { status: 503, text: "The event log's brokers do not answer as they must.", next: "Check the brokers and their addresses; what runs goes on by itself once they answer, what could not start is to be started again." },
  TL_LOG_TOPIC_CONFIG: { status: 500, text: "A topic's configuration would lose or reorder facts.", next: "Correct the setting named in the message." },
  TL_LOG_REFUSED: { status: 500, text: "The event log's brokers refuse what Tripline asks.", next: "Check the user, its password and rights, and the topic's settings." },
  TL_LOG_CORRUPT: { status: 500, text: "The event log has damaged or missing records.", next: "Nothing after the named place was read. In a data directory: restore log and store from the same backup. On Kafka: let an intact replica lead the partition; what no replica has is lost." },
  TL_LOG_POSITION: { status: 500, text: "A reader's position lies beyond the end of the event log.", next: "Restore log and store from the same backup." },
  TL_LOG_PARTITIONS: { status: 500, text: "The number of partitions does not fit the event log.", next: "Use the number that the log was created with." },
  TL_LOG_VERSION: { status: 500, text: "The event log was written by a newer release.", next: "Use that release, or another dataDir." },
  TL_LOG_DIRECTORY: { status: 500, text: "The event log's directory cannot be used.", next: "Give a directory that Tripline may create and write." },
  TL_LOG_TOPIC: { status: 500, text: "No such topic.", next: "Report this: no configuration can cause it." },
  TL_LOG_RECORD_SIZE: { status: 413, text: "A record is too large for the event log.", next: "Send smaller values." },
  TL_STORE_FENCED: { status: 409, text: "Another owner has taken over this partition.", next: "Nothing: the newer owner continues." },
  TL_STORE_VERSION: { status: 500, text: "The store was written by a newer release.", next: "Use that release, or another dataDir." },
  TL_STORE_FULL: { status: 503, text: "The store cannot take more now.", next: "Free disk space if the disk is full; else see why disk or database does not keep up. Tripline goes on by itself." },
  TL_STORE_FAILED: { status: 503, text: "The store cannot be used.", next: "See the detail; restart once its cause is removed." },
  TL_STORE_UNKNOWN: { status: 503, text: "The store did not say whether it wrote.", next: "Read back before deciding; writing the same again is safe." },
  TL_SEAL_KEY_INVALID: { status: 500, text: "The sealing key cannot be used.", next: "Give the key that was in use; a new deployment's is 32 bytes that only Tripline can read." },
  TL_SEAL_BROKEN: { status: 500, text: "A sealed secret cannot be opened: another key, or altered bytes.", next: "Restore the sealing key that was in use." },
  // providers and alerts
  TL_PROVIDER_UNKNOWN: { status: 400, text: "No provider of this name is configured.", next: "Add it under `providers`." },
  TL_PROVIDER_FAILED: { status: 502, text: "The provider did not answer usefully.", next: "Tripline keeps retrying; see the containment." },
  TL_ALERT_REJECTED: { status: 502, text: "The alert's receiver rejected it for good.", next: "Check the receiver's address and secret." },
  // admin API and CLI
  TL_ADMIN_UNAUTHENTICATED: { status: 401, text: "No valid admin token.", next: "Use the token in <dataDir>/admin-token." },
  TL_ADMIN_INVALID: { status: 400, text: "The request is not valid.", next: "Correct the field named in the message." },
  TL_ORDER_UNRECORDED: { status: 503, text: "The order could not be recorded in time, and may still be.", next: "See what the breaker's log says of the event log; then look with `tripline breakers` before you order it again." },
  TL_AGENT_UNKNOWN: { status: 404, text: "No agent of this id is known.", next: "List agents with `tripline agents`." },
  TL_BREAKER_CONFLICT: { status: 409, text: "The breaker is not in a state that allows this.", next: "See `tripline breakers`." },
  TL_LEASE_REFUSED: { status: 403, text: "No lease: the breaker is not closed, or no grant allows it.", next: "See `tripline breakers` and the agent's grants." },
  // gate
  TL_GATE_UNAUTHENTICATED: { status: 401, text: "No valid lease or token of an agent.", next: "Send the agent's lease token: `tripline lease <agent> gate`." },
  TL_GATE_INVALID: { status: 400, text: "The gate cannot use the request.", next: "Correct what the message names." },
  TL_GATE_OVERLOADED: { status: 503, text: "The gate has too much in flight.", next: "Retry after the time in Retry-After." },
  TL_GATE_UNAVAILABLE: { status: 503, text: "The gate cannot make its decision durable now, or cannot tell that what it knows is current.", next: "Retry after the time in Retry-After. Nothing was executed." },
  TL_GATE_DENIED: { status: 403, text: "The gate refused the call.", next: "See the reasons in the answer." },
  TL_GATE_HELD: { status: 403, text: "The call waits for a human's approval.", next: "See the approval in the answer; the gate executes the call once it is approved." },
  TL_GATE_UPSTREAM: { status: 502, text: "The upstream did not answer usefully.", next: "See the reason in the answer." },
  TL_APPROVER_UNAUTHENTICATED: { status: 401, text: "No valid approver's token.", next: "Use the token of one of `gate.approvers`." },
  TL_APPROVAL_UNKNOWN: { status: 404, text: "No approval of this id is known.", next: "List them with `tripline approvals`." },
  TL_APPROVAL_REFUSED: { status: 409, text: "The approval cannot be given, used or cancelled.", next: "See the reason in the message." },
  TL_BACKUP_UNKNOWN: { status: 404, text: "No backup of this id is kept here.", next: "List them with `tripline backups`." },
  TL_BACKUP_UNUSABLE: { status: 500, text: "The guard cannot take or restore backups here.", next: "Correct what the message names; see `gate.guard` in the configuration." },
  TL_BACKUP_NOT_RESTORED: { status: 409, text: "The backup was not restored.", next: "See the reason in the message. Nothing was left on the server unless it says so." },
  TL_INPUT_INVALID: { status: 400, text: "What was given to the command cannot be used.", next: "See `--help` of the command." },
  TL_INTERNAL: { status: 500, text: "Tripline met an error that it did not expect.", next: "See the message, and report it with the version." },
  TL_CONNECTION_BROKEN: { status: 502, text: "The connection to a running Tripline ended before its answer did.", next: "Run the command again; after an order, first see with `tripline breakers` whether it was carried out." },
  TL_NOT_RUNNING: { status: 503, text: "Tripline is not running here.", next: "Start it with `tripline up`, or name the one that runs: its files with --config, or TRIPLINE_ADMIN_URL and TRIPLINE_ADMIN_TOKEN." },
} as const satisfies Record<string, { status: number; text: string; next: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a code of the table. `detail` is for people and must be free of secrets: callers pass names and numbers only. */
export class TriplineError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  constructor(code: ErrorCode, detail = "", options?: { cause?: unknown }) {
    super(`${code}: ${ERRORS[code].text}${detail === "" ? "" : ` ${detail}`} ${ERRORS[code].next}`, options);
    this.name = "TriplineError";
    this.code = code;
    this.detail = detail;
  }
  get status(): number {
    return ERRORS[this.code].status;
  }
}
