/** The store's tables and how they came to be: one entry per version, applied in order, all in one transaction under a lock. */
import { TriplineError } from "@tripline/model";
import type { Query } from "./database.ts";

/**
 * `$` stands for the schema. Names order by their bytes (COLLATE "C"). Keys of states are bytes: they come from telemetry, and
 * text would refuse some of them. Rewritten states find room on their page (fillfactor), so that no index entry is written; they
 * are dense already and are not compressed again.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE $.owners (grp text COLLATE "C" NOT NULL, partition integer NOT NULL, epoch bigint NOT NULL, PRIMARY KEY (grp, partition));
  CREATE TABLE $.checkpoints (grp text COLLATE "C" NOT NULL, partition integer NOT NULL, topic text COLLATE "C" NOT NULL,
    next_offset bigint NOT NULL, PRIMARY KEY (grp, partition, topic));
  CREATE TABLE $.states (grp text COLLATE "C" NOT NULL, key bytea NOT NULL, value bytea NOT NULL, PRIMARY KEY (grp, key)) WITH (fillfactor = 70);
  ALTER TABLE $.states ALTER COLUMN value SET STORAGE EXTERNAL;
  CREATE TABLE $.work (kind text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, grp text COLLATE "C" NOT NULL, payload text NOT NULL,
    next_attempt_ms bigint, revision bigint NOT NULL, written_by uuid, PRIMARY KEY (kind, id));
  CREATE INDEX work_open ON $.work (kind, next_attempt_ms, id) WHERE next_attempt_ms IS NOT NULL;
  CREATE INDEX work_group ON $.work (kind, grp, id);
  CREATE TABLE $.sealed (name text COLLATE "C" PRIMARY KEY, value bytea NOT NULL);
  `,
];
export const STORE_VERSION = MIGRATIONS.length;

/** First half of the advisory lock's key; the second is the schema's, so that two installations do not wait for each other. */
const LOCK = 0x7472_6970;

/** Brings the tables to this release's version; `query` runs in a transaction. @throws TL_STORE_VERSION, TL_STORE_FAILED */
export async function migrate(query: Query, schema: string): Promise<void> {
  const [encoding] = await query("SELECT current_setting('server_encoding') AS encoding");
  if (encoding?.["encoding"] !== "UTF8") throw new TriplineError("TL_STORE_FAILED", "The database's encoding must be UTF8.");
  // Several instances start at once: one migrates, the others then find it done.
  await query("SELECT pg_advisory_xact_lock($1, hashtext($2))", [LOCK, schema]);
  const version = await versionOf(query, schema);
  if (version > STORE_VERSION) throw new TriplineError("TL_STORE_VERSION", `It has version ${version}, this release reads ${STORE_VERSION}.`);
  if (version === STORE_VERSION) return;
  for (const sql of MIGRATIONS.slice(version)) await query(sql.replaceAll("$.", `${schema}.`));
  await query(`UPDATE ${schema}.store_version SET version = ${STORE_VERSION}`);
}

/** 0 where nothing is yet; schema and version table are then made. A role that may not make a schema can be given one. */
async function versionOf(query: Query, schema: string): Promise<number> {
  const [found] = await query("SELECT to_regnamespace($1) IS NOT NULL AS schema, to_regclass($1 || '.store_version') IS NOT NULL AS version", [schema]);
  if (found?.["schema"] !== true) await query(`CREATE SCHEMA ${schema}`);
  if (found?.["version"] !== true) {
    await query(`CREATE TABLE ${schema}.store_version (singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton), version integer NOT NULL)`);
    await query(`INSERT INTO ${schema}.store_version (version) VALUES (0)`);
  }
  const [row] = await query(`SELECT version FROM ${schema}.store_version`);
  return Number(row?.["version"]);
}
