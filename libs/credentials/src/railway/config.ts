import { Type, type Static } from "typebox";

const RailwayId = Type.String({ minLength: 1, maxLength: 128, pattern: "^[A-Za-z0-9_-]+$" });

export const RailwayConfig = Type.Object({
  kind: Type.Literal("railway"),
  endpoint: Type.String({ default: "https://backboard.railway.com/graphql/v2", maxLength: 2_048, description: "GraphQL endpoint." }),
  adminTokenEnv: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: "Environment variable with the admin token; PROVIDERS.md lists the rights it needs." })),
  adminTokenFile: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, description: "File with the admin token, instead." })),
  timeoutMs: Type.Integer({ default: 5_000, minimum: 50, maximum: 60_000, description: "Bound of every call." }),
  keepWarmMs: Type.Integer({
    default: 60_000,
    minimum: 0,
    maximum: 600_000,
    description: "A cheap query this often keeps a connection open, so that a revocation does not wait for a handshake; 0 = never.",
  }),
  projectIds: Type.Array(RailwayId, { default: [], maxItems: 256, description: "Projects whose tokens are listed; empty = all that the admin sees." }),
  leases: Type.Optional(
    Type.Object(
      {
        projectId: Type.String({ minLength: 1, maxLength: 128, pattern: "^[A-Za-z0-9_-]+$", description: "Project in which tokens are made for leases." }),
        environments: Type.Record(Type.String({ minLength: 1, maxLength: 256 }), RailwayId, { description: "Environment name in grants → Railway environment id." }),
      },
      { description: "Where project tokens are created for leases: environment name in grants → Railway environment id." },
    ),
  ),
});
export type RailwayConfig = Static<typeof RailwayConfig>;
