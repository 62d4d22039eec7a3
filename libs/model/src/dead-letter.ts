import { Type, type Static } from "typebox";
import { EpochMs } from "./words.ts";

/** What could not be processed, kept with its reason. Bytes are bounded and base64; secrets are redacted before. */
export const DeadLetter = Type.Object({
  v: Type.Literal(1),
  id: Type.String({ minLength: 1, maxLength: 512 }),
  /** Stable reason code from the error table. */
  reason: Type.String({ maxLength: 128 }),
  detail: Type.String({ maxLength: 1_024 }),
  /** Topic that it was meant for or came from. */
  topic: Type.String({ maxLength: 64 }),
  payload: Type.String({ maxLength: 65_536 }),
  atMs: EpochMs,
});
export type DeadLetter = Static<typeof DeadLetter>;
