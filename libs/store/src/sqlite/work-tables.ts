/** Work items and sealed secrets. Runs in the store's thread, inside the group's transaction. */
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { WorkItem } from "../store.ts";
import type { Operations } from "./operations.ts";

type Names = "recordWork" | "updateWork" | "openWork" | "workOfGroup" | "putSealed" | "getSealed";
type Handlers = { readonly [N in Names]: (ask: Operations[N]["ask"]) => Operations[N]["answer"] };

const COLUMNS = "kind, id, grp, payload, next_attempt_ms, revision";

export function workTables(db: DatabaseSync): Handlers {
  const add = db.prepare("INSERT INTO work VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING");
  const get = db.prepare(`SELECT ${COLUMNS} FROM work WHERE kind = ? AND id = ?`);
  const update = db.prepare(
    `UPDATE work SET payload = ?, next_attempt_ms = ?, revision = revision + 1 WHERE kind = ? AND id = ? AND revision = ? RETURNING ${COLUMNS}`,
  );
  const open = db.prepare(
    `SELECT ${COLUMNS} FROM work WHERE kind = ? AND next_attempt_ms IS NOT NULL ORDER BY next_attempt_ms, id LIMIT ?`,
  );
  const ofGroup = db.prepare(`SELECT ${COLUMNS} FROM work WHERE kind = ? AND grp = ? ORDER BY id`);
  const putSealed = db.prepare("INSERT INTO sealed VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
  const dropSealed = db.prepare("DELETE FROM sealed WHERE name = ?");
  const getSealed = db.prepare("SELECT value FROM sealed WHERE name = ?");

  return {
    recordWork: ({ items }) =>
      items.map(({ kind, id, group, payload, nextAttemptMs }) => {
        add.run(kind, id, group, payload, nextAttemptMs);
        return workItem(get.get(kind, id) ?? {});
      }),
    updateWork: ({ item }) => {
      const row = update.get(item.payload, item.nextAttemptMs, item.kind, item.id, item.revision);
      return row === undefined ? null : workItem(row);
    },
    openWork: ({ kind, limit }) => open.all(kind, limit).map(workItem),
    workOfGroup: ({ kind, group }) => ofGroup.all(kind, group).map(workItem),
    putSealed: ({ name, sealed }) => {
      if (sealed === null) dropSealed.run(name);
      else putSealed.run(name, sealed);
      return null;
    },
    getSealed: ({ name }) => (getSealed.get(name)?.["value"] as Uint8Array | undefined) ?? null,
  };
}

function workItem(row: Record<string, SQLOutputValue>): WorkItem {
  const nextAttemptMs = row["next_attempt_ms"];
  return {
    kind: row["kind"] as WorkItem["kind"],
    id: String(row["id"]),
    group: String(row["grp"]),
    payload: String(row["payload"]),
    nextAttemptMs: typeof nextAttemptMs === "number" ? nextAttemptMs : null,
    revision: Number(row["revision"]),
  };
}
