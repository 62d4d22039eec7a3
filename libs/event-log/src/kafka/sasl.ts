/** Proving who we are, to kafkajs's taste. */
import type { Mechanism, SASLOptions } from "kafkajs";
import { AUTHENTICATORS } from "./kafkajs-internals.ts";
import type { KafkaSasl } from "./options.ts";

/**
 * For a client of kafkajs. It keeps what it is given for as long as it lives, and a replaced password would lock it out of every broker
 * that restarts: so each single connection asks for the secret.
 */
export function saslOf(sasl: KafkaSasl): SASLOptions | Mechanism {
  if (sasl.mechanism === "oauthbearer") return { mechanism: "oauthbearer", oauthBearerProvider: async () => ({ value: await sasl.token() }) };
  const { mechanism, username } = sasl;
  return {
    mechanism,
    authenticationProvider: (connection) => ({
      authenticate: async () => AUTHENTICATORS[mechanism]({ username, password: await sasl.password() })(connection).authenticate(),
    }),
  };
}
