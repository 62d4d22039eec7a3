/**
 * The configuration of a deployment: one schema with defaults and descriptions. Secrets never stand in it, only where they are
 * found (an environment variable or a file). `tripline config` prints the reference made from this schema.
 */
import { ProviderConfig } from "@tripline/credentials";
import { SinkConfig } from "@tripline/alerts";
import { EFFECTS, literals } from "@tripline/model";
import { Type, type Static } from "typebox";
import { GateConfig, GatePolicyConfig } from "./gate-config.ts";
import { DetectorConfig, EventLogConfig, KeysConfig, MonitoringConfig, StoreConfig, TelemetryConfig } from "./deployment-config.ts";

const id = (description: string) => Type.String({ minLength: 1, maxLength: 256, pattern: "^[A-Za-z0-9][A-Za-z0-9._:@+-]*$", description });
const name = (description: string) => Type.String({ minLength: 1, maxLength: 256, description });
const names = (description: string) => Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { default: [], maxItems: 256, description });
const path = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description });
const env = (what: string) => Type.Optional(name(`Environment variable that holds ${what}.`));
const closed = { additionalProperties: false } as const;

const Grant = Type.Object(
  {
    id: id("Names the grant; unique within its agent."),
    task: Type.Optional(id("Task that the grant is for, for people.")),
    environments: names("Environments that the agent may work in, beside its own."),
    operations: names("Canonical operations, exact or ending in `*`; empty = no statement."),
    resources: names("Resource ids, exact or ending in `*`; empty = no statement."),
    effects: Type.Array(literals(EFFECTS), {
      default: [],
      maxItems: EFFECTS.length,
      description: "Effects allowed whatever the operation is called: `read`, `write`, `create`, `delete`, `admin`, `execute`, `publish`; empty = no statement.",
    }),
    irreversible: names("Irreversible operations that this grant approves in advance, on its resources and environments only."),
    expiresAt: Type.Optional(Type.String({ maxLength: 64, description: "ISO 8601 time; none = no end." })),
  },
  closed,
);

const Agent = Type.Object(
  {
    id: id("The agent's identity; its ingest token speaks for this id alone."),
    owner: name("Who answers for the agent, for people."),
    role: Type.Optional(name("Agents of one role back up each other's baselines.")),
    environment: Type.String({ default: "unknown", minLength: 1, maxLength: 256, description: "Where the agent works: production, staging, development, test or your own name." }),
    baseline: Type.Optional(
      Type.Object(
        {
          frozen: Type.Boolean({ default: false, description: "What is usual for it stays as it is now: nothing it does teaches its baseline any more." }),
          learnFrom: Type.Optional(Type.String({ maxLength: 64, description: "ISO 8601 time: its baseline is learned afresh from then on, and what was learned before is forgotten." })),
        },
        { ...closed, description: "What you order of its baseline. Without it, it learns from what was judged ordinary; `tripline reset` accepts what led to a trip." },
      ),
    ),
    gate: Type.Union([Type.Literal("required"), Type.Literal("none")], {
      default: "none",
      description: "`required`: each of its side effects must come through the gate under its tool-call id; one that telemetry shows and no gate decided is a finding, and trips where it destroys or reaches production.",
    }),
    ingestTokenEnv: env("the ingest token"),
    ingestTokenFile: Type.Optional(path("File with the ingest token. Neither set: it is in <dataDir>/tokens/<id>, made at first use.")),
    grants: Type.Array(Grant, { default: [], maxItems: 64, description: "What the agent may do, and until when." }),
  },
  closed,
);

const Relay = Type.Object(
  {
    id: id("Names the relay; shares names with agents."),
    ingestTokenEnv: env("the relay's ingest token"),
    ingestTokenFile: Type.Optional(path("File with the token. Neither set: it is in <dataDir>/tokens/<id>, made at first use.")),
    agents: Type.Array(id("An agent's id."), { minItems: 1, maxItems: 10_000, description: "Agents that this OpenTelemetry Collector may report for." }),
  },
  closed,
);

const Credential = Type.Object(
  {
    id: id("Names the credential in records and alerts."),
    provider: name("Key of its entry under `providers`; any name where nothing can revoke it."),
    providerRef: Type.String({ minLength: 1, maxLength: 1_024, description: "The provider's own id, which its revocation call needs." }),
    kind: name("What it is in the provider's words: `project-token`, `api-token`, `role`; see libs/credentials/PROVIDERS.md."),
    secretEnv: env("the secret itself"),
    secretFile: Type.Optional(path("File with the secret itself: fingerprinted, sealed for probing, erased once verified.")),
    principal: Type.Optional(id("User or role of a password: it stands for the password, which is never fingerprinted.")),
    environment: Type.String({ default: "unknown", minLength: 1, maxLength: 256, description: "Environment that it reaches." }),
    reach: names("What it can reach, as resource patterns, for people."),
    issuedTo: Type.Array(id("An agent's id."), { default: [], maxItems: 256, description: "Agents that may use it; use by any other agent is evidence against it." }),
    alsoUsedBy: names("Services and people that use it as well: what revoking it breaks."),
    autoRevoke: Type.Union([Type.Literal("yes"), Type.Literal("page"), Type.Literal("never")], {
      default: "page",
      description: "What a trip does with it: revoke at once, ask a human, or leave it.",
    }),
    replacement: Type.Optional(Type.String({ maxLength: 1_000, description: "What a human does to replace it." })),
    decoy: Type.Boolean({ default: false, description: "It opens nothing and is there to be found: whoever uses it trips at once (`tripline decoy plant` makes one)." }),
  },
  closed,
);

const Resource = Type.Object(
  {
    kind: name("As calls name it: `volume`, `database`, `table`."),
    id: Type.String({ minLength: 1, maxLength: 256, pattern: "^[A-Za-z0-9\\[][A-Za-z0-9._:@+/\\[\\]-]*$", description: "The provider's id." }),
    environment: name("Where it lies; outranks what a call says of itself."),
    protection: Type.Union([Type.Literal("none"), Type.Literal("protected"), Type.Literal("unknown")], {
      default: "unknown",
      description: "Whether the provider protects it from deletion, for people.",
    }),
    decoy: Type.Boolean({ default: false, description: "It is there to be found: whoever touches it, by reading even, trips at once. Of kind `endpoint`, `id` is a host, or a host and a path with all below it." }),
  },
  closed,
);

const listen = (port: number, host: string) =>
  Type.Object(
    {
      host: Type.String({ default: "127.0.0.1", maxLength: 256, description: host }),
      port: Type.Integer({ default: port, minimum: 0, maximum: 65_535, description: "0 = a free one, printed at the start." }),
    },
    { ...closed, default: {} },
  );

const Admin = Type.Object(
  {
    ...listen(4319, "Where the control plane listens, in processes with the breaker. Out of reach of every agent.").properties,
    tokenEnv: env("the admin token, at least 32 characters"),
    tokenFile: Type.Optional(path("File with the admin token. Neither set: it is in <dataDir>/admin-token, made at first use.")),
  },
  { ...closed, default: {} },
);

/** Alarm budgets as operators say them: at most so many in so much. */
const FalseTrips = Type.Object(
  {
    count: Type.Number({ default: 1, minimum: 0.001, maximum: 1e6, description: "So many false trips at most." }),
    perAgentHours: Type.Number({ default: 50_000, minimum: 1, maximum: 1e9, description: "In so many hours of an agent's days of activity, all agents together." }),
  },
  { ...closed, default: {}, description: "Alarm budget of trips on risk: thresholds follow from it, for each agent by its own history." },
);
const Alerts = Type.Object(
  {
    count: Type.Number({ default: 2, minimum: 0.001, maximum: 1e6, description: "So many alerts at most." }),
    perCalls: Type.Number({ default: 1_000, minimum: 1, maximum: 1e9, description: "In so many calls of one agent." }),
  },
  { ...closed, default: {}, description: "Alarm budget of alerts below a trip: each agent's threshold adapts, so that its own history keeps within. What is weaker is recorded, and no alert." },
);

export const LauncherConfig = Type.Object(
  {
    tenant: Type.String({ default: "default", minLength: 1, maxLength: 256, pattern: "^[A-Za-z0-9][A-Za-z0-9._:@+-]*$", description: "Stands in every key and record: fixed for the life of the deployment." }),
    dataDir: Type.String({ default: "./tripline-data", minLength: 1, maxLength: 4_096, description: "Keys and tokens, embedded log and store; relative to the configuration file." }),
    logLevel: Type.Union(["fatal", "error", "warn", "info", "debug"].map((level) => Type.Literal(level)), { default: "warn", description: "Least severe line that goes to standard error." }),
    ingest: listen(4318, "Where OTLP/HTTP listens. Put TLS in front of it before agents elsewhere reach it."),
    admin: Admin,
    eventLog: EventLogConfig,
    store: StoreConfig,
    keys: KeysConfig,
    detector: DetectorConfig,
    monitoring: MonitoringConfig,
    telemetry: TelemetryConfig,
    policy: Type.Object(
      {
        falseTrips: FalseTrips,
        alerts: Alerts,
        agentHoursPerFalseTrip: Type.Optional(Type.Number({ minimum: 1, maximum: 1e9, description: "Older form of `falseTrips`, for a count of 1; not beside it." })),
        massTripShare: Type.Number({ default: 0.3, minimum: 0, maximum: 1, description: "Share of the tenant's agents that may trip on risk alone within the window; beyond it such trips page and revoke nothing." }),
        massTripMinimum: Type.Integer({ default: 5, minimum: 1, description: "As many may always trip on risk, however few agents there are." }),
        massTripWindowMs: Type.Integer({ default: 60_000, minimum: 1, description: "Window of the two above." }),
        probeActions: Type.Integer({ default: 20, minimum: 1, maximum: 10_000, description: "Read-only actions that a breaker lets through after a reset before it closes." }),
        gate: GatePolicyConfig,
      },
      { ...closed, default: {} },
    ),
    gate: Type.Optional(GateConfig),
    leaseTtlMs: Type.Integer({ default: 3_600_000, minimum: 1_000, maximum: 86_400_000, description: "Life of a lease that is asked for without one." }),
    agents: Type.Array(Agent, { default: [], maxItems: 10_000, description: "Registered agents; all others are only claims." }),
    relays: Type.Array(Relay, { default: [], maxItems: 256, description: "OpenTelemetry Collectors that report for several agents." }),
    providers: Type.Record(Type.String({ maxLength: 256 }), ProviderConfig, { default: {} }),
    credentials: Type.Array(Credential, { default: [], maxItems: 10_000, description: "Every credential that exists, so that one an agent merely found is recognised." }),
    resources: Type.Array(Resource, { default: [], maxItems: 100_000, description: "Resources whose environment no call may misstate." }),
    alerts: Type.Record(Type.String({ maxLength: 256 }), SinkConfig, { default: {} }),
  },
  closed,
);
export type LauncherConfig = Static<typeof LauncherConfig>;
