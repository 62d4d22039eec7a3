/** The battery that every alert sink passes, against a real HTTP receiver. Each sink brings how it is opened and what it must hide. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Alert, AlertSink } from "./sink.ts";

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** How the next requests are answered; 204 until set. */
  answer(handler: (response: ServerResponse, received: Received) => void): void;
  close(): Promise<void>;
}

export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Received[] = [];
  let handler = (response: ServerResponse, _received: Received): void => void response.writeHead(204).end();
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString("utf8") };
      received.push(one);
      handler(response, one);
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (next) => void (handler = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface SinkWorld {
  /** Opens the sink towards a receiver on loopback. */
  open(url: string): AlertSink;
  /** Time-out of the opened sink, in milliseconds. */
  readonly timeoutMs: number;
  readonly secrets: readonly string[];
  /** Statuses that end an alert for good; every other one outside 2xx is tried again. */
  readonly final: readonly number[];
}

export const SAMPLE_ALERT: Alert = {
  id: "alert_0123456789abcdef",
  type: "breaker.tripped",
  atMs: 1_790_000_000_000,
  title: "Breaker of agent builder is open",
  data: { tenant: "acme", agent: "builder", tripId: "trip:acme/builder:0", summary: "volumeDelete on production" },
};

export function runSinkBattery(name: string, world: SinkWorld): void {
  describe(`${name}: sink battery`, () => {
    let receiver: Receiver;
    let sink: AlertSink;
    const send = (alert: Alert = SAMPLE_ALERT) => sink.send(alert, AbortSignal.timeout(30_000));
    beforeEach(async () => {
      receiver = await startReceiver();
      sink = world.open(receiver.url);
    });
    afterEach(() => receiver.close());

    it("delivers, once, and says so", async () => {
      expect(await send()).toEqual({ kind: "sent" });
      expect(receiver.received).toHaveLength(1);
    });

    it("judges every status there is", async () => {
      for (let status = 200; status <= 599; status += 1) {
        const fresh = world.open(receiver.url);
        receiver.answer((response) => void response.writeHead(status).end());
        const expected = status < 300 ? "sent" : world.final.includes(status) ? "rejected" : "retry";
        expect([status, (await fresh.send(SAMPLE_ALERT, AbortSignal.timeout(30_000))).kind]).toEqual([status, expected]);
      }
    });

    it("honours Retry-After in seconds and as a date, within a bound", async () => {
      for (const [header, afterMs] of [["30", 30_000], ["999999", 3_600_000], ["-1", null], ["soon", null]] as const) {
        receiver.answer((response) => void response.writeHead(503, { "retry-after": header }).end());
        const outcome = await send();
        if (header === "-1") expect(outcome).toMatchObject({ kind: "retry" });
        else expect(outcome).toMatchObject({ kind: "retry", afterMs });
      }
      const date = new Date(Date.now() + 60_000).toUTCString();
      receiver.answer((response) => void response.writeHead(503, { "retry-after": date }).end());
      const outcome = await send();
      expect(outcome.kind === "retry" && outcome.afterMs).toBeGreaterThan(50_000);
    });

    it("tries again after no answer, a reset and a refused connection, each within its time-out", async () => {
      const startMs = performance.now();
      receiver.answer(() => undefined);
      expect(await send()).toMatchObject({ kind: "retry" });
      expect(performance.now() - startMs).toBeLessThan(world.timeoutMs * 3);
      receiver.answer((response) => response.req.socket.resetAndDestroy());
      expect(await send()).toMatchObject({ kind: "retry" });
      await receiver.close();
      expect(await send()).toMatchObject({ kind: "retry" });
    });

    it("follows no redirect", async () => {
      const elsewhere = await startReceiver();
      for (const status of [301, 302, 303, 307, 308]) {
        receiver.answer((response) => void response.writeHead(status, { location: elsewhere.url }).end());
        expect(await send()).toMatchObject({ kind: "retry" });
      }
      expect(elsewhere.received).toEqual([]);
      await elsewhere.close();
    });

    it("is not held up by an endless answer", async () => {
      receiver.answer((response) => {
        response.writeHead(200);
        const pump = () => {
          while (response.write("x".repeat(65_536)));
          response.once("drain", pump);
        };
        pump();
      });
      expect(await send()).toEqual({ kind: "sent" });
    });

    it("says no secret in any reason", async () => {
      const said: unknown[] = [];
      for (const status of [400, 401, 403, 404, 410, 429, 500, 503]) {
        receiver.answer((response) => void response.writeHead(status).end(world.secrets.join(" ")));
        said.push(await world.open(receiver.url).send(SAMPLE_ALERT, AbortSignal.timeout(30_000)));
      }
      await receiver.close();
      said.push(await send());
      for (const secret of world.secrets) expect(JSON.stringify(said)).not.toContain(secret);
    });

    it("ends at once when cancelled", async () => {
      receiver.answer(() => undefined);
      const startMs = performance.now();
      expect(await sink.send(SAMPLE_ALERT, AbortSignal.abort())).toMatchObject({ kind: "retry" });
      expect(performance.now() - startMs).toBeLessThan(world.timeoutMs);
    });
  });
}
