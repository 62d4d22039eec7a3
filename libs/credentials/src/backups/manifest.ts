/** What is written beside a dump: enough to tell later that what was restored is what was there. */
import { type Static, Type } from "typebox";
import { Check } from "typebox/value";

const Text = (maxLength: number) => Type.String({ maxLength });
const Digest = Type.String({ pattern: "^[0-9a-f]{64}$" });
/** Tables of one database; one with more is not backed up, and that is said. */
export const MAX_TABLES = 20_000;

const Table = Type.Object({
  /** Quoted, with its schema. */
  name: Text(300),
  rows: Type.Integer({ minimum: 0 }),
  /** Sum of the hashes of its rows, in any order; compared only between servers of the same major version. */
  checksum: Type.String({ pattern: "^-?[0-9]{1,40}$" }),
});
export type TableContents = Static<typeof Table>;

export const Manifest = Type.Object({
  v: Type.Literal(1),
  id: Text(160),
  database: Text(63),
  host: Text(256),
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  sha256: Digest,
  sizeBytes: Type.Integer({ minimum: 1 }),
  /** Versions as the server and pg_dump state them, and their majors. */
  serverVersion: Text(128),
  serverMajor: Type.Integer({ minimum: 9, maximum: 999 }),
  toolMajor: Type.Integer({ minimum: 9, maximum: 999 }),
  /** When the snapshot was taken that the dump holds. */
  atMs: Type.Integer({ minimum: 0 }),
  owner: Text(63),
  encoding: Text(64),
  collate: Text(256),
  ctype: Text(256),
  tables: Type.Array(Table, { maxItems: MAX_TABLES }),
});
export type Manifest = Static<typeof Manifest>;

/** A dump that was restored into a scratch database and counted. */
export const Tested = Type.Object({ v: Type.Literal(1), sha256: Digest, atMs: Type.Integer({ minimum: 0 }) });
export type Tested = Static<typeof Tested>;

/** Null for anything else than a manifest. */
export function readManifest(text: string): Manifest | null {
  const value = parsed(text);
  return Check(Manifest, value) ? value : null;
}

export function readTested(text: string): Tested | null {
  const value = parsed(text);
  return Check(Tested, value) ? value : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const rowsOf = ({ tables }: Pick<Manifest, "tables">): number => tables.reduce((sum, { rows }) => sum + rows, 0);

/** How what a database holds differs from what was dumped of it; empty = not at all. At most `limit` lines. */
export function differences(manifest: Manifest, found: readonly TableContents[], isSameMajor: boolean, limit = 20): string[] {
  const there = new Map(found.map((table) => [table.name, table]));
  const lines: string[] = [];
  for (const { name, rows, checksum } of manifest.tables) {
    const table = there.get(name);
    if (table === undefined) lines.push(`${name}: missing`);
    else if (table.rows !== rows) lines.push(`${name}: ${table.rows} rows instead of ${rows}`);
    else if (isSameMajor && table.checksum !== checksum) lines.push(`${name}: other contents in ${rows} rows`);
    there.delete(name);
  }
  for (const name of there.keys()) lines.push(`${name}: was not dumped`);
  return lines.slice(0, limit);
}
