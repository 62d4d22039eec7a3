import type { RailwayProcess } from "./railway-process.ts";
import type { Observations } from "./timeline.ts";
import type { WebhookReceiver } from "./webhook-receiver.ts";
export interface TriplineProcess {
  readonly collectorUrl: string;
  readonly ingestToken: string;
  facts(): Promise<Pick<Observations, "trip" | "containment" | "containmentStatus">>;
  end(): Promise<void>;
}
export async function startTripline(_railway: RailwayProcess, _receiver: WebhookReceiver, _volumes: readonly { readonly id: string }[]): Promise<TriplineProcess> {
  throw new Error("not there yet");
}
