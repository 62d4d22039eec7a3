/** The one list of sinks. Adding one = its folder + one line in each of the three tables here. */
import { type Static, Type } from "typebox";
import type { Resolve } from "./outbound/post.ts";
import type { AlertSink, SinkDescription } from "./sink.ts";
import { WebhookConfig } from "./webhook/config.ts";
import { createWebhookSink, webhookDescription } from "./webhook/webhook.ts";

export interface SinkDeps {
  /** Throws TL_CONFIG_SECRET_MISSING, naming the variable or file. */
  readSecret(ref: { readonly env: string | undefined; readonly file: string | undefined }): string;
  /** Epoch milliseconds. */
  nowMs(): number;
  /** Resolves a host name to its addresses; the system's resolver when absent. */
  readonly resolve?: Resolve;
}

export const SinkConfig = Type.Union([WebhookConfig]);
export type SinkConfig = Static<typeof SinkConfig>;
export type SinkKind = SinkConfig["kind"];

type Factories = { readonly [K in SinkKind]: (name: string, config: Extract<SinkConfig, { kind: K }>, deps: SinkDeps) => AlertSink };

const FACTORIES: Factories = {
  webhook: createWebhookSink,
};

/** What each sink says of itself; SINKS.md is made from it. */
export const SINK_DESCRIPTIONS: Readonly<Record<SinkKind, SinkDescription>> = {
  webhook: webhookDescription,
};

/** Opens one sink of the configuration. Throws TriplineError where the configuration cannot work. */
export function openSink(name: string, config: SinkConfig, deps: SinkDeps): AlertSink {
  return FACTORIES[config.kind](name, config, deps);
}
