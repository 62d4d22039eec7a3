/** Work items and sealed secrets in PostgreSQL. Each function runs in the transaction, or on the connection, that it is given. */
import type { NewWork, WorkItem } from "../store.ts";
import type { Query, Row } from "./database.ts";

export interface WorkTables {
  recordWork(query: Query, items: readonly NewWork[]): Promise<WorkItem[]>;
  updateWork(query: Query, item: WorkItem, token: string): Promise<WorkItem | null>;
  openWork(query: Query, kind: WorkItem["kind"], limit: number): Promise<WorkItem[]>;
  workOfGroup(query: Query, kind: WorkItem["kind"], group: string): Promise<WorkItem[]>;
  putSealed(query: Query, name: string, sealed: Uint8Array | null): Promise<void>;
  getSealed(query: Query, name: string): Promise<Uint8Array | null>;
}

const COLUMNS = "kind, id, grp, payload, next_attempt_ms, revision";

export function workTables(schema: string): WorkTables {
  // In the order of their ids: two instances that record the same items never wait for each other in a circle.
  const ADD = `INSERT INTO ${schema}.work (kind, id, grp, payload, next_attempt_ms, revision)
    SELECT kind, id, grp, payload, next_ms, 1 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY AS w (kind, id, grp, payload, next_ms, n)
    ORDER BY kind COLLATE "C", id COLLATE "C", n ON CONFLICT DO NOTHING`;
  const GET = `SELECT ${COLUMNS} FROM ${schema}.work WHERE (kind, id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`;
  const UPDATE = `UPDATE ${schema}.work SET payload = $3, next_attempt_ms = $4, revision = revision + 1, written_by = $6
    WHERE kind = $1 AND id = $2 AND revision = $5 RETURNING ${COLUMNS}`;
  const UPDATED_BY_US = `SELECT ${COLUMNS} FROM ${schema}.work WHERE kind = $1 AND id = $2 AND written_by = $3`;
  const OPEN = `SELECT ${COLUMNS} FROM ${schema}.work WHERE kind = $1 AND next_attempt_ms IS NOT NULL ORDER BY next_attempt_ms, id LIMIT $2`;
  const OF_GROUP = `SELECT ${COLUMNS} FROM ${schema}.work WHERE kind = $1 AND grp = $2 ORDER BY id`;
  const PUT = `INSERT INTO ${schema}.sealed VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
  const DROP = `DELETE FROM ${schema}.sealed WHERE name = $1`;
  const SEALED = `SELECT value FROM ${schema}.sealed WHERE name = $1`;

  return {
    recordWork: async (query, items) => {
      const kinds = items.map(({ kind }) => kind);
      const ids = items.map(({ id }) => id);
      await query(ADD, [kinds, ids, items.map(({ group }) => group), items.map(({ payload }) => payload), items.map(({ nextAttemptMs }) => nextAttemptMs)]);
      const stored = new Map((await query(GET, [kinds, ids])).map(workItem).map((item) => [`${item.kind} ${item.id}`, item]));
      return items.map(({ kind, id }) => stored.get(`${kind} ${id}`)).filter((item) => item !== undefined);
    },
    updateWork: async (query, { kind, id, payload, nextAttemptMs, revision }, token) => {
      const [updated] = await query(UPDATE, [kind, id, payload, nextAttemptMs, revision, token]);
      if (updated !== undefined) return workItem(updated);
      // An earlier attempt of this very call may have been committed without our hearing of it.
      const [ours] = await query(UPDATED_BY_US, [kind, id, token]);
      return ours === undefined ? null : workItem(ours);
    },
    openWork: async (query, kind, limit) => (await query(OPEN, [kind, limit])).map(workItem),
    workOfGroup: async (query, kind, group) => (await query(OF_GROUP, [kind, group])).map(workItem),
    putSealed: async (query, name, sealed) => {
      if (sealed === null) await query(DROP, [name]);
      else await query(PUT, [name, Buffer.from(sealed)]);
    },
    getSealed: async (query, name) => {
      const [row] = await query(SEALED, [name]);
      return row === undefined ? null : new Uint8Array(row["value"] as Buffer);
    },
  };
}

function workItem(row: Row): WorkItem {
  return {
    kind: row["kind"] as WorkItem["kind"],
    id: String(row["id"]),
    group: String(row["grp"]),
    payload: String(row["payload"]),
    nextAttemptMs: row["next_attempt_ms"] === null ? null : Number(row["next_attempt_ms"]),
    revision: Number(row["revision"]),
  };
}
