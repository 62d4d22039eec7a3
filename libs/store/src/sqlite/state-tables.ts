/** Ownership, checkpoints and states. Runs in the store's thread, inside the group's transaction. */
import type { DatabaseSync } from "node:sqlite";
import type { Topic } from "@tripline/model";
import type { StateChange } from "../store.ts";
import type { Operations } from "./operations.ts";
import { packStates, unpackStates } from "./packed-states.ts";

type Handlers = { readonly [N in "claim" | "loadCheckpoint" | "commitCheckpoint" | "loadStates" | "scanStates"]: (ask: Operations[N]["ask"]) => Operations[N]["answer"] };

export function stateTables(db: DatabaseSync): Handlers {
  const claim = db.prepare("INSERT INTO owners VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET epoch = epoch + 1 RETURNING epoch");
  const epochOf = db.prepare("SELECT epoch FROM owners WHERE grp = ? AND partition = ?");
  const offsets = db.prepare("SELECT topic, next_offset FROM checkpoints WHERE grp = ? AND partition = ?");
  const putOffset = db.prepare("INSERT INTO checkpoints VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset");
  const putState = db.prepare("INSERT INTO states (grp, key, value) VALUES (?, ?, ?) ON CONFLICT (grp, key) DO UPDATE SET value = excluded.value");
  const dropState = db.prepare("DELETE FROM states WHERE grp = ? AND key = ?");
  const getState = db.prepare("SELECT value FROM states WHERE grp = ? AND key = ?");
  const scanStates = db.prepare("SELECT key, value FROM states WHERE grp = ? AND (?2 IS NULL OR key > ?2) ORDER BY key LIMIT ?3");

  return {
    claim: ({ group, partition }) => Number(claim.get(group, partition)?.["epoch"]),
    loadCheckpoint: ({ group, partition }) =>
      offsets.all(group, partition).map((row) => [row["topic"] as Topic, Number(row["next_offset"])] as const),
    commitCheckpoint: ({ group, partition, epoch, offsets: applied, states }) => {
      if (epochOf.get(group, partition)?.["epoch"] !== epoch) return "fenced";
      for (const { key, value } of unpackStates(states)) {
        if (value === null) dropState.run(group, key);
        else putState.run(group, key, value);
      }
      for (const [topic, offset] of applied) putOffset.run(group, partition, topic, offset);
      return "committed";
    },
    loadStates: ({ group, keys }) => {
      const found: StateChange[] = [];
      for (const key of keys) {
        const row = getState.get(group, key);
        if (row !== undefined) found.push({ key, value: row["value"] as Uint8Array });
      }
      return packStates(found);
    },
    scanStates: ({ group, after, limit }) =>
      packStates(scanStates.all(group, after, limit).map((row) => ({ key: String(row["key"]), value: row["value"] as Uint8Array }))),
  };
}
