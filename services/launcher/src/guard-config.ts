/** The part of the configuration that is the guard's: which databases are backed up before they are destroyed, where to, and with whose credential. */
import { isDatabaseName, isLoopback } from "@tripline/credentials";
import type { GuardedPlace, GuardSettings } from "@tripline/gate";
import { TriplineError } from "@tripline/model";
import { type Static, Type } from "typebox";
import type { LauncherConfig } from "./config.ts";
import { readSecret } from "./named-secrets.ts";

const closed = { additionalProperties: false } as const;
const path = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description });

const GuardedDatabase = Type.Object(
  {
    database: Type.String({ minLength: 1, maxLength: 63, pattern: "^[A-Za-z_][A-Za-z0-9_-]*$", description: "Its name." }),
    host: Type.String({ minLength: 1, maxLength: 255, pattern: "^[A-Za-z0-9.:_-]+$", description: "Name or address of the server." }),
    port: Type.Integer({ default: 5_432, minimum: 1, maximum: 65_535, description: "Its port." }),
    user: Type.String({ minLength: 1, maxLength: 63, description: "Role of the guard's own, which no agent uses: it reads everything (`pg_read_all_data`), and restores with CREATEDB. No superuser." }),
    passwordEnv: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: "Environment variable with its password." })),
    passwordFile: Type.Optional(path("File with its password, instead.")),
    tls: Type.Union([Type.Literal("verify-full"), Type.Literal("off")], { default: "verify-full", description: "`off` is accepted for loopback hosts only." }),
    tlsCaFile: Type.Optional(path("Certificate authority in PEM; the system's when absent.")),
    environment: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: "Environment it lies in: SQL that runs in another one is none of its. Absent = it may be any." })),
    resources: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { default: [], maxItems: 64, description: "Ids of resources that stand for it, such as the volume it lies on." }),
  },
  closed,
);

export const GuardConfig = Type.Object(
  {
    directory: path("Where dumps are kept, as an absolute path: made with mode 0700, and refused where others may enter it or write in a directory above it."),
    pgDump: Type.Optional(path("Absolute path of pg_dump, with pg_restore beside it, of the server's major version or newer. Absent = the newest that is installed.")),
    timeoutMs: Type.Integer({ default: 600_000, minimum: 1_000, maximum: 21_600_000, description: "Bound of one dump. A call whose dump takes longer is not executed." }),
    maxBytes: Type.Integer({ default: 68_719_476_736, minimum: 1_048_576, maximum: 1_125_899_906_842_624, description: "Bound of one dump's size." }),
    before: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
      default: ["*"], maxItems: 64, description: "Canonical operations before which a dump is taken once they are approved, exact or with `*` at the end (`sql.drop-database`, `sql.*`). Of those that the gate holds, all by default.",
    }),
    postgres: Type.Array(GuardedDatabase, { default: [], maxItems: 64, description: "PostgreSQL databases to back up before an approved call destroys something of them." }),
  },
  { ...closed, description: "Backups taken before approved calls, out of the agents' reach. Absent = none." },
);
export type GuardConfig = Static<typeof GuardConfig>;

/** With its passwords. @throws TL_CONFIG_INVALID, TL_CONFIG_SECRET_MISSING */
export function guardSettings(config: LauncherConfig): GuardSettings | null {
  const guard = config.gate?.guard;
  if (guard === undefined) return null;
  const { directory, pgDump, timeoutMs, maxBytes, before, postgres } = guard;
  checkGuard(guard, config);
  return { directory, pgDump: pgDump ?? null, timeoutMs, maxBytes, before, databases: postgres.map(guardedPlace) };
}

export function guardedPlace({ database, host, port, user, passwordEnv: env, passwordFile: file, tls, tlsCaFile, environment, resources }: GuardConfig["postgres"][number]): GuardedPlace {
  return { database, host, port, user, password: readSecret({ env, file }), tls, tlsCaFile: tlsCaFile ?? null, environment: environment ?? null, resources };
}

/** A backup that the agent's own credential can reach is none. @throws TL_CONFIG_INVALID */
export function checkGuard({ directory, postgres }: GuardConfig, { credentials }: Pick<LauncherConfig, "credentials">): void {
  const invalid = (detail: string): TriplineError => new TriplineError("TL_CONFIG_INVALID", `At /gate/guard: ${detail}`);
  if (!directory.startsWith("/")) throw invalid("directory must be an absolute path.");
  const seen = new Set<string>();
  for (const { database, host, port, user, passwordEnv, passwordFile, tls } of postgres) {
    if (!isDatabaseName(database)) throw invalid(`"${database}" cannot be backed up under this name.`);
    if (tls === "off" && !isLoopback(host)) throw invalid(`database "${database}": PostgreSQL without TLS is accepted on loopback only.`);
    if ((passwordEnv === undefined) === (passwordFile === undefined)) throw invalid(`database "${database}" must name its password once: as an environment variable or as a file.`);
    const shared = credentials.find(({ principal, secretEnv, secretFile }) => principal === user || (secretEnv !== undefined && secretEnv === passwordEnv) || (secretFile !== undefined && secretFile === passwordFile));
    if (shared !== undefined) throw invalid(`database "${database}": the guard needs a credential of its own, and "${shared.id}" is in the inventory of credentials that agents may hold.`);
    const place = `${host}:${port}/${database}`;
    if (seen.has(place)) throw invalid(`database "${database}" is given twice.`);
    seen.add(place);
  }
}
