/** A webhook signed as Standard Webhooks 1.0 has it: the receiver checks sender, content and age with any of its libraries. */
import { Webhook } from "standardwebhooks";
import { TriplineError } from "@tripline/model";
import { post, resolveByDns } from "../outbound/post.ts";
import type { SinkDeps } from "../registry.ts";
import type { Alert, AlertSink, SinkDescription } from "../sink.ts";
import { outcomeOf } from "./answer.ts";
import type { WebhookConfig } from "./config.ts";
import { payloadOf } from "./payload.ts";

export const webhookDescription: SinkDescription = {
  kind: "webhook",
  needs: [
    "answers 2xx once it has kept the alert; the same `webhook-id` may come twice",
    "checks `webhook-signature` with one of the configured secrets (https://www.standardwebhooks.com)",
  ],
  example: ["alerts:", "  soc:", "    kind: webhook", "    url: https://soc.example.com/tripline", "    secrets: [{ env: TRIPLINE_WEBHOOK_SECRET }]"].join("\n"),
};

/** Bytes of a signing secret, by the specification. */
const SECRET_BYTES = { min: 24, max: 64 };

/** Opens the sink. Throws TL_CONFIG_INVALID for a URL or secret that cannot be used; messages name the sink, never the value. */
export function createWebhookSink(name: string, config: WebhookConfig, deps: SinkDeps): AlertSink {
  const url = urlOf(name, config, deps);
  const signers = config.secrets.map((source) => signerOf(name, deps.readSecret({ env: source.env, file: source.file })));
  const options = { allowPrivate: config.allowPrivate, timeoutMs: config.timeoutMs, resolve: deps.resolve ?? resolveByDns };
  let disabled = false;
  return {
    name,
    async send(alert, signal) {
      if (disabled) return { kind: "rejected", reason: "the receiver wanted no more alerts (HTTP 410); restart to try again" };
      const result = await post(url, signed(alert, signers, deps.nowMs()), options, signal);
      // A forbidden address too is tried again: the guard judges each attempt, and a corrected configuration delivers the alert.
      if (result.kind !== "answered") return { kind: "retry", reason: result.reason, afterMs: null };
      disabled = result.status === 410;
      return outcomeOf(result.status, result.retryAfter, deps.nowMs());
    },
  };
}

function signed(alert: Alert, signers: readonly Webhook[], nowMs: number): { headers: Record<string, string>; body: string } {
  const body = payloadOf(alert);
  // The time of this attempt, not of the alert: receivers refuse old timestamps, and a retry must still be accepted.
  const sentAt = new Date(nowMs);
  return {
    body,
    headers: {
      "content-type": "application/json",
      "user-agent": "tripline",
      "webhook-id": alert.id,
      "webhook-timestamp": String(Math.floor(nowMs / 1_000)),
      "webhook-signature": signers.map((signer) => signer.sign(alert.id, sentAt, body)).join(" "),
    },
  };
}

function urlOf(name: string, config: WebhookConfig, deps: SinkDeps): URL {
  if ((config.url === undefined) === (config.urlEnv === undefined)) throw invalid(name, "must have either url or urlEnv");
  const url = URL.parse(config.url ?? deps.readSecret({ env: config.urlEnv, file: undefined }));
  if (url === null) throw invalid(name, "has a URL that cannot be read");
  if (url.username !== "" || url.password !== "") throw invalid(name, "has credentials in its URL");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && config.allowPrivate)) throw invalid(name, "must use https (http needs allowPrivate)");
  return url;
}

function signerOf(name: string, secret: string): Webhook {
  const encoded = secret.startsWith("whsec_") ? secret.slice("whsec_".length) : secret;
  const bytes = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? Buffer.from(encoded, "base64").length : 0;
  if (bytes < SECRET_BYTES.min || bytes > SECRET_BYTES.max) {
    throw invalid(name, `needs secrets of ${SECRET_BYTES.min} to ${SECRET_BYTES.max} bytes, written as whsec_<base64>`);
  }
  return new Webhook(secret);
}

const invalid = (name: string, what: string) => new TriplineError("TL_CONFIG_INVALID", `Alert sink "${name}" ${what}.`);
