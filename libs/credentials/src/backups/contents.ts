/** What a database holds, counted: every table's rows and a checksum of them, in the snapshot that a dump is made from. */
import type { Client } from "pg";
import { MAX_TABLES, type TableContents } from "./manifest.ts";

/** What pg_dump dumps the rows of: ordinary tables and partitions, none of the system, of a session or of an extension. */
const TABLES = `SELECT format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY 1 LIMIT ${MAX_TABLES + 1}`;

/** Text of a value must not depend on who reads it. Rows that the role may not see are an error, never left out. */
const SETTINGS = `SET search_path = ''; SET row_security = off; SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres';
  SET extra_float_digits = 3; SET bytea_output = 'hex'; SET lc_monetary = 'C'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0`;

/** Where the server knows it (as pg_dump does it): a table that its owner swaps for a view meanwhile would run the owner's code as the guard. */
const NO_VIEWS = "SELECT pg_catalog.set_config(name, 'view, foreign-table', false) FROM pg_catalog.pg_settings WHERE name = 'restrict_nonsystem_relation_kind'";

export async function prepare(client: Client): Promise<void> {
  await client.query(SETTINGS);
  await client.query(NO_VIEWS);
}

/** In the transaction of `client`. @throws errors of the server; RangeError for more tables than a manifest holds */
export async function readContents(client: Client): Promise<TableContents[]> {
  const { rows: found } = await client.query<{ name: string }>(TABLES);
  if (found.length > MAX_TABLES) throw new RangeError(`more than ${MAX_TABLES} tables`);
  const contents: TableContents[] = [];
  for (const { name } of found) {
    const { rows } = await client.query<{ rows: string; checksum: string }>(
      // ONLY: what inherits from a table is counted as a table of its own. `name` was quoted by the server. The row's text is made by its output
      // function: a cast to text could be one that the table's owner has defined, and would run as the guard.
      `SELECT pg_catalog.count(*)::text AS rows, coalesce(pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.textin(pg_catalog.record_out(tripline_row)) COLLATE pg_catalog."C", 0)), 0)::text AS checksum FROM ONLY ${name} AS tripline_row`,
    );
    contents.push({ name, rows: Number(rows[0]?.rows ?? Number.NaN), checksum: rows[0]?.checksum ?? "" });
  }
  return contents;
}

export interface DatabaseFacts {
  readonly serverVersion: string;
  readonly serverMajor: number;
  readonly owner: string;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
}

const FACTS = `SELECT pg_catalog.current_setting('server_version') AS version, pg_catalog.current_setting('server_version_num')::int / 10000 AS major,
  pg_catalog.pg_get_userbyid(datdba) AS owner, pg_catalog.pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype
  FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`;

export async function readFacts(client: Client): Promise<DatabaseFacts> {
  const { rows } = await client.query<{ version: string; major: number; owner: string; encoding: string; collate: string; ctype: string }>(FACTS);
  const { version = "", major = 0, owner = "", encoding = "", collate = "", ctype = "" } = rows[0] ?? {};
  return { serverVersion: version, serverMajor: major, owner, encoding, collate, ctype };
}
