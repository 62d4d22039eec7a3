import { Type, type Static } from "typebox";

const EnvName = Type.String({ minLength: 1, maxLength: 256 });
const RailwayId = Type.String({ minLength: 1, maxLength: 128, pattern: "^[A-Za-z0-9_-]+$" });

export const RailwayConfig = Type.Object({
  kind: Type.Literal("railway"),
  endpoint: Type.String({ default: "https://backboard.railway.com/graphql/v2", maxLength: 2_048, description: "GraphQL endpoint." }),
  adminTokenEnv: Type.Optional(EnvName),
  adminTokenFile: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096 })),
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
      { projectId: RailwayId, environments: Type.Record(Type.String({ minLength: 1, maxLength: 256 }), RailwayId) },
      { description: "Where project tokens are created for leases: environment name in grants → Railway environment id." },
    ),
  ),
});
export type RailwayConfig = Static<typeof RailwayConfig>;
