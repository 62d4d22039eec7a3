/** What the security team runs: a receiver that takes an alert only with a valid Standard Webhooks signature. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { preciseNowMs } from "../../precise-now.ts";

export interface ReceivedAlert {
  readonly receivedMs: number;
  /** The body after its signature was verified. */
  readonly body: unknown;
}

export interface WebhookReceiver {
  readonly url: string;
  /** Shared with the sender: `whsec_` and base64. */
  readonly secret: string;
  alerts(): readonly ReceivedAlert[];
  /** Bodies that came without a valid signature. */
  rejected(): number;
  close(): Promise<void>;
}

const BODY_BYTES = 1_048_576;
const SIGNATURE_HEADERS = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

export async function startWebhookReceiver(onAlert: (alert: ReceivedAlert) => void): Promise<WebhookReceiver> {
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const webhook = new Webhook(secret);
  const alerts: ReceivedAlert[] = [];
  let rejected = 0;
  const take = async (request: IncomingMessage): Promise<number> => {
    const headers = Object.fromEntries(SIGNATURE_HEADERS.map((name) => [name, String(request.headers[name] ?? "")]));
    const alert = { receivedMs: preciseNowMs(), body: webhook.verify(await bodyOf(request), headers) };
    alerts.push(alert);
    onAlert(alert);
    return 204;
  };
  const server = createServer((request, response) => {
    take(request)
      .catch(() => {
        rejected += 1;
        return 401;
      })
      .then((status) => response.writeHead(status).end())
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    secret,
    alerts: () => alerts,
    rejected: () => rejected,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES) throw new RangeError("alert too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
