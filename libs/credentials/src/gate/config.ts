import { Type, type Static } from "typebox";

export const GateProviderConfig = Type.Object({
  kind: Type.Literal("gate"),
  url: Type.Optional(Type.String({ minLength: 8, maxLength: 2_048, pattern: "^https?://", description: "The agents' door of the gate, as the breaker reaches it; that of `gate` in this configuration when absent." })),
  caFile: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, description: "Certificate authority of that address in PEM, as `gate.authority.certificateFile`; the system's when absent." })),
  timeoutMs: Type.Integer({ default: 2_000, minimum: 50, maximum: 60_000, description: "Bound of every call." }),
});
export type GateProviderConfig = Static<typeof GateProviderConfig>;
