/**
 * The configuration of a deployment: one schema with defaults and descriptions. Secrets never stand in it, only where they are
 * found (an environment variable or a file). `tripline config` prints the reference made from this schema.
 */
import { ProviderConfig } from "@tripline/credentials";
import { SinkConfig } from "@tripline/alerts";
import { EFFECTS, literals } from "@tripline/model";
import { Type, type Static } from "typebox";

const Id = Type.String({ minLength: 1, maxLength: 256, pattern: "^[A-Za-z0-9][A-Za-z0-9._:@+-]*$" });
const Name = Type.String({ minLength: 1, maxLength: 256 });
const Names = Type.Array(Name, { default: [], maxItems: 256 });
const Path = Type.String({ minLength: 1, maxLength: 4_096 });
const closed = { additionalProperties: false } as const;

const Grant = Type.Object(
  {
    id: Id,
    task: Type.Optional(Id),
    environments: Names,
    operations: Type.Array(Name, { default: [], maxItems: 256, description: "Canonical operations, exact or ending in `*`; empty = no statement." }),
    resources: Type.Array(Name, { default: [], maxItems: 256, description: "Resource ids, exact or ending in `*`; empty = no statement." }),
    effects: Type.Array(literals(EFFECTS), { default: [], maxItems: EFFECTS.length }),
    irreversible: Type.Array(Name, { default: [], maxItems: 256, description: "Irreversible operations that this grant approves in advance, on its resources and environments only." }),
    expiresAt: Type.Optional(Type.String({ maxLength: 64, description: "ISO 8601 time; none = no end." })),
  },
  closed,
);

const Agent = Type.Object(
  {
    id: Id,
    owner: Name,
    role: Type.Optional(Name),
    environment: Type.String({ default: "unknown", minLength: 1, maxLength: 256, description: "Where the agent works: production, staging, development, test or your own name." }),
    ingestTokenEnv: Type.Optional(Name),
    ingestTokenFile: Type.Optional(Type.String({ maxLength: 4_096, description: "Neither set: a token is generated in <dataDir>/tokens/<id>." })),
    grants: Type.Array(Grant, { default: [], maxItems: 64 }),
  },
  closed,
);

const Relay = Type.Object(
  {
    id: Id,
    ingestTokenEnv: Type.Optional(Name),
    ingestTokenFile: Type.Optional(Path),
    agents: Type.Array(Id, { minItems: 1, maxItems: 10_000, description: "Agents that this OpenTelemetry Collector may report for." }),
  },
  closed,
);

const Credential = Type.Object(
  {
    id: Id,
    provider: Name,
    providerRef: Type.String({ minLength: 1, maxLength: 1_024, description: "The provider's own id, which its revocation call needs." }),
    kind: Name,
    secretEnv: Type.Optional(Name),
    secretFile: Type.Optional(Type.String({ maxLength: 4_096, description: "The secret itself: fingerprinted, sealed for probing, erased once verified." })),
    principal: Type.Optional(Id),
    environment: Type.String({ default: "unknown", minLength: 1, maxLength: 256 }),
    reach: Names,
    issuedTo: Type.Array(Id, { default: [], maxItems: 256 }),
    alsoUsedBy: Names,
    autoRevoke: Type.Union([Type.Literal("yes"), Type.Literal("page"), Type.Literal("never")], { default: "page" }),
    replacement: Type.Optional(Type.String({ maxLength: 1_000 })),
  },
  closed,
);

const Resource = Type.Object(
  { kind: Name, id: Id, environment: Name, protection: Type.Union([Type.Literal("none"), Type.Literal("protected"), Type.Literal("unknown")], { default: "unknown" }) },
  closed,
);

const listen = (port: number) =>
  Type.Object({ host: Type.String({ default: "127.0.0.1", maxLength: 256 }), port: Type.Integer({ default: port, minimum: 0, maximum: 65_535 }) }, { ...closed, default: {} });

export const LauncherConfig = Type.Object(
  {
    tenant: Type.String({ default: "default", minLength: 1, maxLength: 256, pattern: "^[A-Za-z0-9][A-Za-z0-9._:@+-]*$" }),
    dataDir: Type.String({ default: "./tripline-data", minLength: 1, maxLength: 4_096, description: "Log, store, keys and tokens; relative to the configuration file." }),
    logLevel: Type.Union(["fatal", "error", "warn", "info", "debug"].map((level) => Type.Literal(level)), { default: "warn" }),
    ingest: listen(4318),
    admin: listen(4319),
    eventLog: Type.Object({ kind: Type.Literal("embedded"), partitions: Type.Integer({ default: 48, minimum: 1, maximum: 1_024 }) }, { ...closed, default: { kind: "embedded" } }),
    store: Type.Object({ kind: Type.Literal("sqlite") }, { ...closed, default: { kind: "sqlite" } }),
    policy: Type.Object(
      {
        agentHoursPerFalseTrip: Type.Number({ default: 50_000, minimum: 1, maximum: 1e9, description: "Alarm budget: at most one false trip in so many hours of an agent's activity." }),
        massTripShare: Type.Number({ default: 0.3, minimum: 0, maximum: 1 }),
        massTripMinimum: Type.Integer({ default: 5, minimum: 1 }),
        massTripWindowMs: Type.Integer({ default: 60_000, minimum: 1 }),
        probeActions: Type.Integer({ default: 20, minimum: 1, maximum: 10_000 }),
      },
      { ...closed, default: {} },
    ),
    leaseTtlMs: Type.Integer({ default: 3_600_000, minimum: 1_000, maximum: 86_400_000 }),
    agents: Type.Array(Agent, { default: [], maxItems: 10_000 }),
    relays: Type.Array(Relay, { default: [], maxItems: 256 }),
    providers: Type.Record(Type.String({ maxLength: 256 }), ProviderConfig, { default: {} }),
    credentials: Type.Array(Credential, { default: [], maxItems: 10_000 }),
    resources: Type.Array(Resource, { default: [], maxItems: 100_000 }),
    alerts: Type.Record(Type.String({ maxLength: 256 }), SinkConfig, { default: {} }),
  },
  closed,
);
export type LauncherConfig = Static<typeof LauncherConfig>;
