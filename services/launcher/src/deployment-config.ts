/** The part of the configuration that chooses the deployment: two keys, `eventLog` and `store`, and what processes of one need beside. */
import { DETECTOR_LIMITS } from "@tripline/detector";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;
const text = (description: string, over: object = {}) => Type.String({ minLength: 1, maxLength: 1_024, description, ...over });
const file = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, description }));
const env = (what: string) => Type.Optional(text(`Environment variable that holds ${what}.`));

const Tls = Type.Object(
  {
    caFile: file("Certificate authority in PEM; the system's when absent."),
    certFile: file("Client certificate in PEM, for brokers that ask for one."),
    keyFile: file("Its private key in PEM."),
  },
  { ...closed, description: "Encrypts and verifies every connection. Without it nothing protects what is read and written, nor the SASL password." },
);

const Sasl = Type.Object(
  {
    mechanism: Type.Union(["scram-sha-256", "scram-sha-512", "plain", "oauthbearer"].map((name) => Type.Literal(name)), { description: "How Tripline proves who it is." }),
    username: Type.Optional(text("Name of the account; not for `oauthbearer`.")),
    passwordEnv: env("its password, or the bearer token"),
    passwordFile: file("File with its password, or with the bearer token. Read again for every single connection to a broker, so that a replaced one needs no restart."),
  },
  { ...closed, description: "Authentication at the brokers." },
);

const command = (description: string) => Type.Optional(Type.Array(text("One word."), { minItems: 1, maxItems: 64, description }));

/** The embedded log belongs to one process; Kafka is for many. */
export const EventLogConfig = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal("embedded", { default: "embedded", description: "SQLite in the data directory, for one process." }),
        partitions: Type.Integer({ default: 48, minimum: 1, maximum: 1_024, description: "Fixed when the log is made." }),
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal("kafka", { description: "Apache Kafka 3.9 or newer, for many processes." }),
        brokers: Type.Array(text("`host:port`."), { minItems: 1, maxItems: 64, description: "Brokers to begin with, as `host:port`; the others are learned from them." }),
        clientId: text("Name under which the brokers see Tripline.", { default: "tripline" }),
        topicPrefix: Type.String({ default: "tripline.", maxLength: 128, pattern: "^[A-Za-z0-9._-]*$", description: "Stands before every topic and group, so that deployments can share brokers." }),
        partitions: Type.Integer({ default: 48, minimum: 1, maximum: 1_024, description: "Of every topic. Fixed when the topics are made." }),
        replicationFactor: Type.Integer({ default: 3, minimum: 1, maximum: 16, description: "Of topics that Tripline makes. Below 3, one lost broker can lose what was acknowledged." }),
        tls: Type.Optional(Tls),
        sasl: Type.Optional(Sasl),
      },
      closed,
    ),
  ],
  { default: {} },
);
export type EventLogConfig = Static<typeof EventLogConfig>;

/** SQLite belongs to one process; PostgreSQL is for many. */
export const StoreConfig = Type.Union(
  [
    Type.Object({ kind: Type.Literal("sqlite", { default: "sqlite", description: "One file in the data directory, for one process." }) }, closed),
    Type.Object(
      {
        kind: Type.Literal("postgres", { description: "PostgreSQL 14 or newer, for many processes." }),
        host: text("Name or address of the server."),
        port: Type.Integer({ default: 5_432, minimum: 1, maximum: 65_535, description: "Its port." }),
        database: text("Database of Tripline's own."),
        schema: text("Schema in it.", { default: "tripline", pattern: "^[a-z_][a-z0-9_]{0,62}$" }),
        user: text("Role that owns the schema."),
        passwordEnv: env("its password"),
        passwordFile: file("File with its password, instead."),
        tls: Type.Optional(Type.Union([Type.Literal("verify-full"), Type.Literal("off")], { description: "`verify-full` unless the host is a loopback address. With `off`, everything but sealed secrets crosses in the clear." })),
        tlsCaFile: file("Certificate authority in PEM; the system's when absent."),
        maxConnections: Type.Integer({ default: 8, minimum: 2, maximum: 256, description: "Of one process, at most." }),
      },
      closed,
    ),
  ],
  { default: {} },
);
export type StoreConfig = Static<typeof StoreConfig>;

/** The keys that all processes of a deployment must share. */
export const KeysConfig = Type.Object(
  {
    masterEnv: env("the master key: 64 hexadecimal digits, or base64 of 32 bytes"),
    masterFile: file("File with the master key, instead. Neither set: made in <dataDir>/master.key, for one process only."),
    masterWrappedFile: file("File with the master key wrapped by your own key management, instead; `unwrapCommand` gives the key."),
    unwrapCommand: command("Program and arguments, run once at the start without a shell: gets the wrapped key on standard input, prints the key."),
    wrapCommand: command("The way there, to make the file at first use: gets a new key, prints it wrapped."),
    fingerprintEnv: env("a key of its own for fingerprints"),
    fingerprintFile: file("File with it, instead. With it, and with every ingest token named, a collector needs no master key: it cannot open what is sealed."),
  },
  { ...closed, default: {} },
);
export type KeysConfig = Static<typeof KeysConfig>;

export const MonitoringConfig = Type.Object(
  {
    host: Type.String({ default: "127.0.0.1", maxLength: 256, description: "Where `/livez`, `/readyz` and Prometheus' `/metrics` of each process listen, without a token: counts and latencies, no names but those of providers and receivers." }),
    port: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: "0 = a free one, printed at the start." }),
  },
  { ...closed, default: {} },
);

const { memoryBytes, leastMemoryBytes, processBytes } = DETECTOR_LIMITS;
const MIB = 1_048_576;

/** Memory is the one thing that the number of agents decides, and that an orchestrator ends a process for. */
export const DetectorConfig = Type.Object(
  {
    memoryBytes: Type.Integer({
      default: memoryBytes,
      minimum: leastMemoryBytes,
      description: `What judging may take of the process's memory, however many agents there are: baselines of those that act now, the registry, and the work on them. A process with \`--target=detector\` keeps within this and ${processBytes / MIB} MiB, at default ${(memoryBytes + processBytes) / MIB} MiB; give its container a tenth more.`,
    }),
  },
  { ...closed, default: {} },
);

export const TelemetryConfig = Type.Object(
  {
    endpoint: Type.Optional(Type.String({ maxLength: 2_048, pattern: "^https?://", description: "OTLP/HTTP base URL that Tripline's own metrics go to; never its own collector. None: nothing is sent." })),
    authorizationEnv: env("the whole value of the Authorization header"),
    authorizationFile: file("File with it, instead."),
    intervalMs: Type.Integer({ default: 60_000, minimum: 1_000, maximum: 3_600_000, description: "How often." }),
  },
  { ...closed, default: {} },
);
export type TelemetryConfig = Static<typeof TelemetryConfig>;
