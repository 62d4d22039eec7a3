import { Type, type Static } from "typebox";

const RoleName = Type.String({ minLength: 1, maxLength: 63 });

export const PostgresConfig = Type.Object({
  kind: Type.Literal("postgres"),
  host: Type.String({ minLength: 1, maxLength: 255, description: "Name or address of the server." }),
  port: Type.Integer({ default: 5_432, minimum: 1, maximum: 65_535, description: "Its port." }),
  database: Type.String({ minLength: 1, maxLength: 63, description: "Database that leases are for, and that the admin connects to." }),
  adminUser: Type.String({ minLength: 1, maxLength: 63, description: "Role that Tripline logs in as; PROVIDERS.md lists the rights it needs." }),
  adminPasswordEnv: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: "Environment variable with its password." })),
  adminPasswordFile: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, description: "File with its password, instead." })),
  groups: Type.Array(RoleName, { default: [], maxItems: 32, description: "Group roles that a leased role is a member of: they hold the privileges." }),
  readOnlyGroups: Type.Array(RoleName, { default: [], maxItems: 32, description: "Group roles of a down-scoped, read-only lease." }),
  tls: Type.Union([Type.Literal("verify-full"), Type.Literal("off")], {
    default: "verify-full",
    description: "`off` is accepted for loopback hosts only.",
  }),
  tlsCaFile: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, description: "Certificate authority in PEM; the system's when absent." })),
  timeoutMs: Type.Integer({ default: 5_000, minimum: 50, maximum: 60_000, description: "Bound of every statement and connection." }),
  terminateMs: Type.Integer({ default: 5_000, minimum: 50, maximum: 60_000, description: "How long to keep cutting sessions before saying how many are open." }),
  sweepEveryMs: Type.Integer({
    default: 60_000,
    minimum: 0,
    maximum: 3_600_000,
    description: "How often expired leased roles are revoked and dropped: PostgreSQL's VALID UNTIL leaves open sessions alone. 0 = never.",
  }),
  connectionsPerLease: Type.Integer({ default: 10, minimum: 1, maximum: 1_000, description: "CONNECTION LIMIT of a leased role." }),
});
export type PostgresConfig = Static<typeof PostgresConfig>;
