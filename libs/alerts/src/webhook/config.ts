import { Type, type Static } from "typebox";

const SecretSource = Type.Object({
  env: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: "Environment variable with the secret." })),
  file: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, description: "File with the secret, instead." })),
});

export const WebhookConfig = Type.Object({
  kind: Type.Literal("webhook"),
  urlEnv: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: "Environment variable with the URL, where it holds a secret path." })),
  url: Type.Optional(Type.String({ minLength: 1, maxLength: 2_048, description: "Where alerts are posted; https, unless `allowPrivate`." })),
  secrets: Type.Array(SecretSource, {
    minItems: 1,
    maxItems: 4,
    description: "Signing secrets (`whsec_…`); every one signs, so that the receiver can rotate from the old to the new.",
  }),
  timeoutMs: Type.Integer({ default: 10_000, minimum: 50, maximum: 60_000, description: "Bound of one delivery." }),
  allowPrivate: Type.Boolean({
    default: false,
    description: "Allows receivers on private and loopback addresses, and http. Link-local addresses stay forbidden.",
  }),
});
export type WebhookConfig = Static<typeof WebhookConfig>;
