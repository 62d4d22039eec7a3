/** The part of the configuration that is the gate's: where it listens, what it stands before, and who may approve. */
import { type Static, Type } from "typebox";
import { GuardConfig } from "./guard-config.ts";

const closed = { additionalProperties: false } as const;
const id = (description: string) => Type.String({ minLength: 1, maxLength: 256, pattern: "^[A-Za-z0-9][A-Za-z0-9._:@+-]*$", description });
const name = (description: string) => Type.String({ minLength: 1, maxLength: 256, description });
const path = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description });

const Inject = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal("header", { default: "header", description: "The secret in a header of its own." }),
        header: Type.String({ default: "authorization", minLength: 1, maxLength: 128, pattern: "^[A-Za-z0-9-]+$", description: "Name of the header." }),
        format: Type.String({ default: "Bearer {secret}", minLength: 8, maxLength: 256, description: "Its value; `{secret}` stands for the secret." }),
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal("aws-sigv4", { description: "Signs the request anew (AWS Signature Version 4). The secret is `<access key id>:<secret access key>`, with `:<session token>` where there is one." }),
        region: Type.Optional(name("Region; absent = the one of the request's own signature.")),
        service: Type.Optional(name("Service; absent = the one of the request's own signature.")),
      },
      closed,
    ),
  ],
  { default: {} },
);

const Upstream = Type.Object(
  {
    name: id("Names the upstream; its requests go to `/u/<name>/…` of the gate."),
    url: Type.String({ minLength: 8, maxLength: 2_048, pattern: "^https?://", description: "Base address. `http:` for loopback alone." }),
    credentials: Type.Array(id("An id under `credentials`."), { default: [], maxItems: 64, description: "Credentials to inject: an agent gets the first that was issued to it and reaches an environment it works in. None: requests pass without one." }),
    inject: Inject,
    caFile: Type.Optional(path("Certificate authority of the upstream in PEM; the system's when absent.")),
    allowPrivate: Type.Boolean({ default: false, description: "It lies at a loopback or private address, which is refused otherwise. Link-local addresses (the metadata of clouds) always are." }),
    addresses: Type.Optional(Type.Array(Type.String({ minLength: 4, maxLength: 64, pattern: "^[0-9A-Fa-f.:]+/[0-9]{1,3}$" }), { minItems: 1, maxItems: 256, description: "Ranges (CIDR) that its addresses lie in: no other is connected to, and approvals hold while they rotate within. Absent: an approval is bound to the addresses of its time. With `https:` alone, whose certificate is verified." })),
  },
  closed,
);

const Approver = Type.Object(
  {
    id: id("Who approves: a person, never an agent."),
    tokenEnv: Type.Optional(name("Environment variable that holds their token.")),
    tokenFile: Type.Optional(path("File with their token. Neither set: it is in <dataDir>/approvers/<id>, made at first use.")),
    environments: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { default: [], maxItems: 64, description: "Environments that they may approve in; empty = all." }),
  },
  closed,
);

const listen = (port: number, what: string) => ({
  host: Type.String({ default: "127.0.0.1", maxLength: 256, description: what }),
  port: Type.Integer({ default: port, minimum: 0, maximum: 65_535, description: "0 = a free one, printed at the start." }),
});

export const GateConfig = Type.Object(
  {
    ...listen(4321, "Where the agents' door listens: decide API and reverse proxy."),
    socket: Type.Optional(path("Unix socket of the decide API.")),
    forward: Type.Optional(Type.Object(listen(4322, "Where the forward proxy (`HTTPS_PROXY`) listens."), closed)),
    tls: Type.Optional(
      Type.Object(
        {
          names: Type.Array(Type.String({ minLength: 1, maxLength: 253, pattern: "^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$" }), { minItems: 1, maxItems: 64, description: "Host names under which the gate is reached; others are not answered." }),
          ...listen(4324, "Where the agents' door listens once more, over TLS, for agents and breakers on other machines."),
          forwardPort: Type.Integer({ default: 4325, minimum: 0, maximum: 65_535, description: "The same for the forward proxy, where there is one." }),
        },
        { ...closed, description: "The agents' doors over TLS, under certificates of the gate's own authority." },
      ),
    ),
    authority: Type.Optional(
      Type.Object(
        {
          certificateFile: path("The certificate in PEM, which agents trust."),
          keyFile: path("Its private key in PEM."),
        },
        { ...closed, description: "The gate's certificate authority, which several gates share. Absent = made in <dataDir>/gate-ca.pem at first use, for one process only." },
      ),
    ),
    approvals: Type.Object(
      {
        ...listen(4323, "Where approvers are answered. Out of reach of every agent."),
        url: Type.Optional(Type.String({ maxLength: 2_048, pattern: "^https?://", description: "Address under which approvers reach it, for links in answers and alerts. Those in alerts open with an approver's token alone." })),
      },
      { ...closed, default: {} },
    ),
    upstreams: Type.Array(Upstream, { default: [], maxItems: 256, description: "What agents reach through the gate, and with which credential. Nothing else is reached." }),
    guard: Type.Optional(GuardConfig),
    approvers: Type.Array(Approver, { default: [], maxItems: 256, description: "Who may approve what is held." }),
  },
  { ...closed, description: "The gate: decides each call before it runs and injects the credential. Absent = no gate." },
);
export type GateConfig = Static<typeof GateConfig>;

/** How policy tells the gate to answer; versioned with the rest of the policy. */
export const GatePolicyConfig = Type.Object(
  {
    staleReads: Type.Union([Type.Literal("allow"), Type.Literal("deny")], { default: "allow", description: "Reads while the gate cannot tell that what it knows is current. All else is refused then." }),
    unknownEffects: Type.Union([Type.Literal("allow"), Type.Literal("hold")], { default: "allow", description: "Calls of unknown effect outside production; in production or an unknown environment they are held." }),
    approversInProduction: Type.Integer({ default: 1, minimum: 1, maximum: 8, description: "Approvers that it takes in production, and where nobody knows the environment." }),
    approversElsewhere: Type.Integer({ default: 1, minimum: 1, maximum: 8, description: "Approvers that it takes elsewhere." }),
    approvalTtlMs: Type.Integer({ default: 3_600_000, minimum: 1_000, maximum: 604_800_000, description: "How long a held call waits for approvers, and an approved one to be used." }),
    undoWindowHighestMs: Type.Integer({ default: 172_800_000, minimum: 0, maximum: 2_592_000_000, description: "Between approval and execution of what destroys volumes, backups or their protection; cancellable by any approver." }),
    undoWindowMs: Type.Integer({ default: 0, minimum: 0, maximum: 2_592_000_000, description: "The same for all else that is irreversible." }),
  },
  { ...closed, default: {}, description: "What the gate allows and holds." },
);
