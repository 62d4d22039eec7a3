/** How the dialects of SQL differ in what is a comment, a string, a name or the end of a statement. What differs there can hide a statement. */

export interface Dialect {
  readonly name: string;
  /** `'it\'s'`: a backslash escapes in strings. */
  readonly backslashEscapes: boolean;
  /** `# to the end of the line`. */
  readonly hashComments: boolean;
  /** `--` opens a comment only before white space: `5--1` is a sum. */
  readonly dashesNeedSpace: boolean;
  readonly nestedComments: boolean;
  /** `/*!50000 code *\/` is code. */
  readonly executableComments: boolean;
  /** `$tag$ … $tag$`. */
  readonly dollarQuotes: boolean;
  readonly doubleQuotes: "name" | "string";
  /** `[a name]`. */
  readonly brackets: boolean;
  /** `q'[…]'`. */
  readonly alternativeQuotes: boolean;
  /** Lines that are no SQL but end a statement: `GO`, `/`, `DELIMITER //`. */
  readonly batchLines: boolean;
}

const STANDARD: Dialect = {
  name: "standard",
  backslashEscapes: false,
  hashComments: false,
  dashesNeedSpace: false,
  nestedComments: false,
  executableComments: false,
  dollarQuotes: false,
  doubleQuotes: "name",
  brackets: false,
  alternativeQuotes: false,
  batchLines: false,
};

export const POSTGRES: Dialect = { ...STANDARD, name: "postgres", nestedComments: true, dollarQuotes: true };
export const MYSQL: Dialect = { ...STANDARD, name: "mysql", backslashEscapes: true, hashComments: true, dashesNeedSpace: true, executableComments: true, doubleQuotes: "string", batchLines: true };
export const SQLITE: Dialect = { ...STANDARD, name: "sqlite", brackets: true };
export const SQL_SERVER: Dialect = { ...STANDARD, name: "sql-server", nestedComments: true, brackets: true, batchLines: true };
export const ORACLE: Dialect = { ...STANDARD, name: "oracle", alternativeQuotes: true, batchLines: true };
/** Warehouses: standard quotes, `$$` blocks, backslashes, `#` in some of them. */
const WAREHOUSE: Dialect = { ...STANDARD, name: "warehouse", backslashEscapes: true, dollarQuotes: true };

/** By the start of OpenTelemetry's `db.system.name` (or `db.system`). */
const BY_SYSTEM: readonly (readonly [prefix: string, dialect: Dialect])[] = [
  ["postgres", POSTGRES],
  ["cockroach", POSTGRES],
  ["redshift", POSTGRES],
  ["aws.redshift", POSTGRES],
  ["mysql", MYSQL],
  ["mariadb", MYSQL],
  ["sqlite", SQLITE],
  ["duckdb", { ...SQLITE, dollarQuotes: true, brackets: false }],
  ["microsoft.sql_server", SQL_SERVER],
  ["mssql", SQL_SERVER],
  ["oracle", ORACLE],
  ["clickhouse", WAREHOUSE],
  ["snowflake", WAREHOUSE],
  ["bigquery", { ...WAREHOUSE, hashComments: true, doubleQuotes: "string" }],
  ["gcp.bigquery", { ...WAREHOUSE, hashComments: true, doubleQuotes: "string" }],
];

/** The dialect that a system speaks; null where that is not known. */
export function dialectOf(system: string | undefined): Dialect | null {
  if (system === undefined) return null;
  const name = system.toLowerCase();
  return BY_SYSTEM.find(([prefix]) => name.startsWith(prefix))?.[1] ?? null;
}

/** Where no one says which dialect a text is in, and PostgreSQL's grammar refuses it: each of these may be the one. */
export const POSSIBLE_READINGS: readonly Dialect[] = [MYSQL, { ...SQL_SERVER, dollarQuotes: true, alternativeQuotes: true }];
