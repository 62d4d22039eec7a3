/** Ownership, checkpoints and states in PostgreSQL. Each function runs in the transaction, or on the connection, that it is given. */
import type { Topic } from "@tripline/model";
import type { CommitResult, StateChange } from "../store.ts";
import type { Query } from "./database.ts";

export interface Place {
  readonly group: string;
  readonly partition: number;
}

export interface State {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface StateTables {
  claim(query: Query, place: Place): Promise<number>;
  loadCheckpoint(query: Query, place: Place): Promise<ReadonlyMap<Topic, number>>;
  commitCheckpoint(query: Query, place: Place, epoch: number, offsets: ReadonlyMap<Topic, number>, states: PackedStates): Promise<CommitResult>;
  loadStates(query: Query, group: string, keys: readonly string[]): Promise<State[]>;
  scanStates(query: Query, group: string, after: string | null, limit: number): Promise<State[]>;
}

/** Changes as one parameter that crosses in binary, and two of lengths: thousands of rows in one statement without hexadecimal. */
export interface PackedStates {
  /** Key and value of each change, one after another. */
  readonly bytes: Buffer;
  readonly keyBytes: string;
  /** −1 deletes. */
  readonly valueBytes: string;
}

/** The last change of a key stands for all of them: one statement cannot write a row twice. */
export function packStates(changes: readonly StateChange[]): PackedStates {
  const last = new Map(changes.map(({ key, value }) => [key, value]));
  const parts: Uint8Array[] = [];
  const keyBytes: number[] = [];
  const valueBytes: number[] = [];
  for (const [key, value] of last) {
    const encoded = Buffer.from(key);
    keyBytes.push(encoded.byteLength);
    valueBytes.push(value?.byteLength ?? -1);
    parts.push(encoded);
    if (value !== null) parts.push(value);
  }
  return { bytes: Buffer.concat(parts), keyBytes: arrayOf(keyBytes), valueBytes: arrayOf(valueBytes) };
}

const arrayOf = (numbers: readonly number[]): string => `{${numbers.join(",")}}`;

export function stateTables(schema: string): StateTables {
  const CLAIM = `INSERT INTO ${schema}.owners AS o VALUES ($1, $2, 1) ON CONFLICT (grp, partition) DO UPDATE SET epoch = o.epoch + 1 RETURNING epoch`;
  // Locks the row until the end of the transaction: a claim, or a commit whose outcome nobody heard, is waited for.
  const FENCE = `SELECT epoch FROM ${schema}.owners WHERE grp = $1 AND partition = $2 FOR UPDATE`;
  const OFFSETS = `SELECT topic, next_offset FROM ${schema}.checkpoints WHERE grp = $1 AND partition = $2`;
  const APPLY = `
    WITH lengths AS (SELECT * FROM unnest($3::int[], $4::int[]) WITH ORDINALITY AS l (key_bytes, value_bytes, n)),
    change AS (SELECT *, sum(key_bytes + greatest(value_bytes, 0)) OVER (ORDER BY n) - key_bytes - greatest(value_bytes, 0) + 1 AS at FROM lengths),
    put AS (INSERT INTO ${schema}.states (grp, key, value)
      SELECT $1, substring($2::bytea FROM at::int FOR key_bytes), substring($2::bytea FROM at::int + key_bytes FOR value_bytes) FROM change WHERE value_bytes >= 0
      ON CONFLICT (grp, key) DO UPDATE SET value = excluded.value)
    DELETE FROM ${schema}.states WHERE grp = $1 AND key IN (SELECT substring($2::bytea FROM at::int FOR key_bytes) FROM change WHERE value_bytes < 0)`;
  const MOVE = `INSERT INTO ${schema}.checkpoints SELECT $1, $2, * FROM unnest($3::text[], $4::bigint[])
    ON CONFLICT (grp, partition, topic) DO UPDATE SET next_offset = excluded.next_offset`;
  const LOAD = `SELECT key, value FROM ${schema}.states WHERE grp = $1 AND key = ANY ($2::bytea[])`;
  const SCAN = `SELECT key, value FROM ${schema}.states WHERE grp = $1 AND ($2::bytea IS NULL OR key > $2) ORDER BY key LIMIT $3`;

  return {
    claim: async (query, { group, partition }) => Number((await query(CLAIM, [group, partition]))[0]?.["epoch"]),
    loadCheckpoint: async (query, { group, partition }) =>
      new Map((await query(OFFSETS, [group, partition])).map((row) => [row["topic"] as Topic, Number(row["next_offset"])])),
    commitCheckpoint: async (query, { group, partition }, epoch, offsets, states) => {
      const [owner] = await query(FENCE, [group, partition]);
      if (owner === undefined || Number(owner["epoch"]) !== epoch) return "fenced";
      if (states.bytes.byteLength > 0) await query(APPLY, [group, states.bytes, states.keyBytes, states.valueBytes]);
      if (offsets.size > 0) await query(MOVE, [group, partition, [...offsets.keys()], arrayOf([...offsets.values()])]);
      return "committed";
    },
    loadStates: async (query, group, keys) => (await query(LOAD, [group, keys.map((key) => Buffer.from(key))])).map(stateOf),
    scanStates: async (query, group, after, limit) => (await query(SCAN, [group, after === null ? null : Buffer.from(after), limit])).map(stateOf),
  };
}

/** The value is a view, not a copy: loads at full speed would otherwise allocate everything twice. */
function stateOf(row: Readonly<Record<string, unknown>>): State {
  const value = row["value"] as Buffer;
  return { key: String(row["key"]), value: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
}
